//! What an endpoint tells OpenAPI. Method, path, access, summary and limits are read from its declaration; only the shapes of
//! body, query and reply are added here, so that nothing is said twice.
use utoipa::{
    ToSchema,
    openapi::{RefOr, Schema},
};

/// The shapes of an endpoint.
#[derive(Debug, Clone, Copy)]
pub struct Docs {
    /// The body it takes.
    pub body: Option<fn() -> Described>,
    /// The query it takes.
    pub query: Option<fn() -> Described>,
    /// The data it answers with, inside the envelope of the wing.
    pub reply: Option<fn() -> Described>,
    /// The status of a success.
    pub status: u16,
}

/// A schema and those it refers to.
pub struct Described {
    /// Its name among the components.
    pub name: String,
    /// The schema itself.
    pub schema: RefOr<Schema>,
    /// Everything it refers to, by name.
    pub others: Vec<(String, RefOr<Schema>)>,
}

/// Describes a type.
pub fn describe<T: ToSchema>() -> Described {
    let mut others = Vec::new();
    T::schemas(&mut others);
    Described { name: T::name().into_owned(), schema: T::schema(), others }
}

impl Docs {
    /// No body, no data.
    pub const NONE: Docs = Docs { body: None, query: None, reply: None, status: 200 };

    /// Answers with a `Reply`.
    pub const fn reply<Reply: ToSchema>() -> Self {
        Docs { reply: Some(describe::<Reply>), ..Docs::NONE }
    }

    /// Takes a `Body`.
    #[must_use]
    pub const fn body<Body: ToSchema>(mut self) -> Self {
        self.body = Some(describe::<Body>);
        self
    }

    /// Takes a `Query`.
    #[must_use]
    pub const fn query<Query: ToSchema>(mut self) -> Self {
        self.query = Some(describe::<Query>);
        self
    }

    /// Answers with 201.
    #[must_use]
    pub const fn created(mut self) -> Self {
        self.status = 201;
        self
    }
}
