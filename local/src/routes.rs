//! Which function a path belongs to. Literal segments win over parameters, as in API Gateway.
use std::collections::BTreeMap;

use shared::{
    function::{Function, Route},
    wing::Wing,
};

use crate::wings::Mounted;

/// The routes of all wings.
#[derive(Debug)]
pub(crate) struct Routes(Vec<WingRoutes>);

#[derive(Debug)]
struct WingRoutes {
    wing: &'static Wing,
    routes: Vec<Template>,
}

#[derive(Debug)]
struct Template {
    function: &'static Function,
    route: &'static Route,
    segments: Vec<Segment>,
}

#[derive(Debug)]
enum Segment {
    Literal(&'static str),
    Parameter(&'static str),
}

/// Where a request leads.
#[derive(Debug)]
pub(crate) enum Destination {
    /// To a function.
    Function {
        /// The function.
        function: &'static Function,
        /// `GET /api/loans/{id}`.
        route_key: String,
        /// The values of the parameters in the path, decoded.
        parameters: BTreeMap<&'static str, String>,
    },
    /// To a path that takes other methods.
    WrongMethod(Vec<&'static str>),
    /// To no path that there is.
    UnknownPath,
}

impl Routes {
    pub fn new(wings: &[Mounted]) -> Self {
        let wing = |(wing, functions): &Mounted| WingRoutes {
            wing,
            routes: functions.iter().filter_map(|function| Template::of(function)).collect(),
        };
        Self(wings.iter().map(wing).collect())
    }

    /// The wing under whose base path `path` lies.
    pub fn wing(&self, path: &str) -> Option<&'static Wing> {
        self.below(path).map(|(wing, _)| wing.wing)
    }

    pub fn find(&self, method: &str, path: &str) -> Destination {
        let Some((wing, rest)) = self.below(path) else { return Destination::UnknownPath };
        let sought: Vec<String> = rest.split('/').skip(1).map(decode).collect();
        let fitting = || wing.routes.iter().filter(|template| template.fits(&sought));
        let best = fitting()
            .filter(|template| template.route.method.name() == method)
            .min_by(|one, other| one.shape().cmp(other.shape()));
        if let Some(template) = best {
            return Destination::Function {
                function: template.function,
                route_key: format!("{method} {}", template.route.path),
                parameters: template.parameters(&sought),
            };
        }
        let mut methods: Vec<&str> = fitting().map(|template| template.route.method.name()).collect();
        methods.sort_unstable();
        methods.dedup();
        if methods.is_empty() { Destination::UnknownPath } else { Destination::WrongMethod(methods) }
    }

    fn below<'a>(&self, path: &'a str) -> Option<(&WingRoutes, &'a str)> {
        self.0.iter().find_map(|wing| {
            let rest = path.strip_prefix(wing.wing.base_path)?;
            (rest.is_empty() || rest.starts_with('/')).then_some((wing, rest))
        })
    }
}

impl Template {
    fn of(function: &'static Function) -> Option<Self> {
        let route = function.route()?;
        let segment = |text: &'static str| {
            let name = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
            name.map_or(Segment::Literal(text), Segment::Parameter)
        };
        Some(Self { function, route, segments: route.path.split('/').skip(1).map(segment).collect() })
    }

    fn fits(&self, sought: &[String]) -> bool {
        self.segments.len() == sought.len()
            && self.segments.iter().zip(sought).all(|(segment, text)| match segment {
                Segment::Literal(literal) => literal == text,
                Segment::Parameter(_) => !text.is_empty(),
            })
    }

    /// Where the template has parameters: the earlier the literals, the smaller.
    fn shape(&self) -> impl Iterator<Item = bool> {
        self.segments.iter().map(|segment| matches!(segment, Segment::Parameter(_)))
    }

    fn parameters(&self, sought: &[String]) -> BTreeMap<&'static str, String> {
        let pairs = self.segments.iter().zip(sought).filter_map(|(segment, text)| match segment {
            Segment::Parameter(name) => Some((*name, text.clone())),
            Segment::Literal(_) => None,
        });
        pairs.collect()
    }
}

/// Resolves `%` escapes. What is no escape, or no text, stays as it is.
pub(crate) fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escape = (bytes[at] == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        if let Some(hex) = escape.filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit())) {
            decoded.push(u8::from_str_radix(hex, 16).unwrap_or(b'%'));
            at += 3;
        } else {
            decoded.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8(decoded).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use shared::function::{Method, Trigger};

    use super::*;

    static WING: Wing = Wing { name: "toy", base_path: "/toy", ..Wing::NONE };

    macro_rules! endpoint {
        ($id:ident, $method:ident, $path:literal) => {
            static $id: Function = Function {
                name: $path,
                wing: &WING,
                trigger: Trigger::Http(Route { method: Method::$method, path: $path, ..Route::DEFAULT }),
                ..Function::ENDPOINT
            };
        };
    }
    endpoint!(ONE, Get, "/things/{id}");
    endpoint!(STATS, Get, "/things/stats");
    endpoint!(PARTS, Get, "/things/{id}/parts/{part}");
    endpoint!(ALL_PARTS, Get, "/things/{id}/parts/all");
    endpoint!(REMOVE, Delete, "/things/{id}");
    endpoint!(ADD, Post, "/things");

    const FUNCTIONS: &[&Function] = &[&ONE, &STATS, &PARTS, &ALL_PARTS, &REMOVE, &ADD];

    fn found(method: &str, path: &str) -> String {
        match Routes::new(&[(&WING, FUNCTIONS)]).find(method, path) {
            Destination::Function { function, parameters, .. } => format!("{} {parameters:?}", function.name),
            Destination::WrongMethod(methods) => format!("405 {}", methods.join(",")),
            Destination::UnknownPath => "404".to_owned(),
        }
    }

    #[test]
    fn literal_segments_win_over_parameters() {
        assert_eq!(found("GET", "/toy/things/stats"), "/things/stats {}");
        assert_eq!(found("GET", "/toy/things/7"), r#"/things/{id} {"id": "7"}"#);
        assert_eq!(found("GET", "/toy/things/7/parts/all"), r#"/things/{id}/parts/all {"id": "7"}"#);
        assert_eq!(
            found("GET", "/toy/things/7/parts/a%20b"),
            r#"/things/{id}/parts/{part} {"id": "7", "part": "a b"}"#
        );
    }

    #[test]
    fn a_base_path_ends_where_its_segment_ends() {
        let routes = Routes::new(&[(&WING, &[])]);
        assert!(routes.wing("/toy/things").is_some() && routes.wing("/toy").is_some());
        assert!(routes.wing("/toys").is_none() && routes.wing("/").is_none());
    }

    #[test]
    fn a_wrong_method_names_the_right_ones_and_an_unknown_path_is_unknown() {
        assert_eq!(found("PUT", "/toy/things/7"), "405 DELETE,GET");
        assert_eq!(found("DELETE", "/toy/things"), "405 POST");
        for path in ["/toy", "/toy/", "/toy/things/", "/toy//things", "/toy/things/7/", "/toy/Things"] {
            assert_eq!(found("GET", path), "404", "{path}");
        }
    }

    #[test]
    fn escapes_are_resolved_and_what_is_none_stays() {
        for (text, decoded) in [
            ("a%2Fb", "a/b"),
            ("%E0%A4%95", "क"),
            ("100%", "100%"),
            ("%zz", "%zz"),
            ("%ff", "%ff"),
            ("a+b", "a+b"),
        ] {
            assert_eq!(decode(text), decoded);
        }
    }
}
