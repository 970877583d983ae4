//! Routes that are answered with and without a slash at the end of the path.

use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use crate::Door;

/// Adds routes in both spellings. The description has the spelling without a slash.
pub fn with_slash(
    router: OpenApiRouter<Door>,
    (schemas, paths, methods): UtoipaMethodRouter<Door>,
) -> OpenApiRouter<Door> {
    let slashed = paths.paths.keys().map(|path| format!("{path}/"));
    let router = slashed.fold(router, |router, path| router.route(&path, methods.clone()));
    router.routes((schemas, paths, methods))
}
