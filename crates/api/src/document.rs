//! The OpenAPI document: made from the routes themselves, so that none is missing and none is made up.

use postrider_http::ProblemOut;
use postrider_http::problem::PROBLEM_JSON;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    Content, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, Response, SecurityRequirement,
};
use utoipa::{PartialSchema, ToSchema};

/// What is said of the API as a whole; the routes add theirs.
pub(crate) fn frame(version: &str) -> OpenApi {
    let info = InfoBuilder::new()
        .title("Postrider")
        .version(version)
        .description(Some(ABOUT))
        .license(Some(LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build()))
        .build();
    // Most routes need a project's key; those that need the root key or none say so.
    let security = Some([SecurityRequirement::new("project_key", Vec::<String>::new())]);
    OpenApiBuilder::new().info(info).security(security).build()
}

const ABOUT: &str = "Postrider sends webhooks. Times are RFC 3339 in UTC with milliseconds. Lists are newest first and \
    paged by `limit` and `cursor`. Unknown fields are refused. Errors are problem details (RFC 9457) with a stable \
    `code`; /docs/problems describes each.";

/// Adds what holds for every route: the keys, and the problems any of them may answer with.
pub(crate) fn finish(mut document: OpenApi) -> OpenApi {
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("root_key", bearer("The root key, for `/v1/projects…`."));
    components
        .add_security_scheme("project_key", bearer("A key of a project, with the scope the route names."));
    components.schemas.insert(ProblemOut::name().into_owned(), ProblemOut::schema());
    let mut referred = Vec::new();
    ProblemOut::schemas(&mut referred);
    components.schemas.extend(referred);
    for item in document.paths.paths.values_mut() {
        for operation in operations(item) {
            for (status, response) in &mut operation.responses.responses {
                as_problem(status, response);
            }
            operation.responses.responses.entry("default".to_owned()).or_insert_with(problem);
        }
    }
    document
}

fn bearer(description: &str) -> SecurityScheme {
    SecurityScheme::Http(
        HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(description)).build(),
    )
}

fn problem() -> RefOr<Response> {
    let schema = Ref::from_schema_name(ProblemOut::name());
    let mut response = Response::new("Any other problem");
    response.content.insert(PROBLEM_JSON.to_owned(), RefOr::T(Content::new(Some(schema))));
    RefOr::T(response)
}

/// The routes describe what a problem says; that it has a media type of its own is said here, once.
fn as_problem(status: &str, response: &mut RefOr<Response>) {
    if let RefOr::T(response) = response
        && status.starts_with(['4', '5'])
        && let Some(content) = response.content.shift_remove("application/json")
    {
        response.content.insert(PROBLEM_JSON.to_owned(), content);
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].into_iter().flatten()
}
