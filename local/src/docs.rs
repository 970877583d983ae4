//! The page `/docs`, which renders the description of the doors (`/api/v1/openapi.json`) with Swagger UI.
//!
//! The page's files are in the archive of a crate, and are unpacked when a browser asks for them. No file comes from
//! another host. The page exists in the local process only, not in the deployed API function.

use std::io::{Cursor, Read};

use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED;
use zip::ZipArchive;

/// The script by which the page finds the description, in place of the archive's script, which shows an example.
const START: &str = r##"window.onload = () => {
  window.ui = SwaggerUIBundle({
    url: "/api/v1/openapi.json",
    dom_id: "#swagger-ui",
    deepLinking: true,
    docExpansion: "none",
    validatorUrl: null,
    presets: [SwaggerUIBundle.presets.apis],
  });
};
"##;

/// The routes of the page, beside the doors.
pub fn router() -> Router {
    Router::new()
        .route("/docs", get(async || Redirect::permanent("/docs/")))
        .route("/docs/", get(async || file("index.html")))
        .route("/docs/{file}", get(async |Path(name): Path<String>| file(&name)))
}

/// The answer with a file of the page.
fn file(name: &str) -> Response {
    let content = if name == "swagger-initializer.js" { Some(START.into()) } else { unpacked(name) };
    let (Some(content), Some(kind)) = (content, kind(name)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "max-age=3600")], content).into_response()
}

fn kind(name: &str) -> Option<&'static str> {
    match name.rsplit_once('.')?.1 {
        "html" => Some("text/html; charset=utf-8"),
        "css" => Some("text/css; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "png" => Some("image/png"),
        _ => None,
    }
}

/// A file of Swagger UI's folder `dist`, whose place in the archive has the version in front.
fn unpacked(name: &str) -> Option<Vec<u8>> {
    let mut archive = ZipArchive::new(Cursor::new(SWAGGER_UI_VENDORED)).ok()?;
    let is_it = |stored: &str| stored.split_once('/').and_then(|(_, path)| path.strip_prefix("dist/")) == Some(name);
    let stored = archive.file_names().flatten().find(|stored| is_it(stored))?.into_owned();
    let mut content = Vec::new();
    archive.by_name(&stored).ok()?.read_to_end(&mut content).ok()?;
    Some(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_that_the_page_names_is_there_and_none_comes_from_elsewhere() {
        let page = String::from_utf8(unpacked("index.html").expect("the page")).expect("text");
        let names: Vec<_> = page.split(['"', '\'']).filter(|part| kind(part).is_some()).collect();
        assert!(names.len() > 4, "{names:?}");
        for name in names {
            assert!(!name.contains("//"), "{name}");
            assert_eq!(file(name.trim_start_matches("./")).status(), StatusCode::OK, "{name}");
        }
        assert!(START.contains("/api/v1/openapi.json"));
        for name in ["nothing.js", "../README.md", "swagger-ui.js.map", ""] {
            assert_eq!(file(name).status(), StatusCode::NOT_FOUND, "{name}");
        }
    }
}
