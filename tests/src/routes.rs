//! The declarations of the house, as the tests go through them.
use reqwest::Method;
use shared::function::{Function, Route};

/// Every HTTP function of every wing.
pub fn routes() -> impl Iterator<Item = (&'static Function, &'static Route)> {
    local::wings::all()
        .into_iter()
        .flat_map(|(_, functions)| functions.iter().copied())
        .filter_map(|function| Some((function, function.route()?)))
}

/// The path with `fill` in place of its parameters.
pub fn path_with(function: &Function, route: &Route, fill: &str) -> String {
    let mut path = String::from(function.wing.base_path);
    for segment in route.path.split('/').skip(1) {
        path.push('/');
        path.push_str(if segment.starts_with('{') { fill } else { segment });
    }
    path
}

/// The method of a route.
pub fn method(route: &Route) -> Method {
    route.method.name().parse().expect("a method")
}

/// The function that answers `method` at `path`; literal segments win over parameters.
pub fn served_by(method: &Method, path: &str) -> Option<&'static Function> {
    let path = path.split('?').next().unwrap_or_default();
    let sought: Vec<&str> = path.split('/').collect();
    let fitting = routes().filter(|(function, route)| {
        let template = format!("{}{}", function.wing.base_path, route.path);
        let segments: Vec<&str> = template.split('/').collect();
        route.method.name() == method.as_str()
            && segments.len() == sought.len()
            && segments.iter().zip(&sought).all(|(segment, text)| segment == text || segment.starts_with('{'))
    });
    fitting.min_by_key(|(_, route)| route.path.matches('{').count()).map(|(function, _)| function)
}
