//! `GET /imports/{id}/source`, the file of an import as it came.
//!
//! A file may be larger than a response of the function, so the answer is 303 and leads to S3. The signed URL is valid for
//! [`LIFETIME`] and is as good as the file, so no cache may store the answer.

use std::time::Duration;

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, LOCATION};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use shared::files::FileError;
use shared::import::ImportError;

use super::Problem;
use super::imports::import_of;
use super::path::Path;
use super::problem::Caller;
use crate::Door;
use crate::openapi::native::{Everywhere, Headers, ImportNumber, Unknown};
use crate::upload::safe_file_name;

/// The time for which the URL of a file is valid, after which a client asks this endpoint again.
pub(super) const LIFETIME: Duration = Duration::from_secs(300);
/// The characters that an extended parameter of a header writes in their percent encoding: all but those of
/// `attr-char` in RFC 8187.
const EXTENDED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// The value of `Content-Disposition` by which a browser stores a file under its name. A name is a stranger's text, so the
/// plain spelling has letters, digits and a few signs only, and the spelling in UTF-8 is percent-encoded.
fn disposition(file_name: &str) -> String {
    let name = safe_file_name(file_name);
    let plain = |c: char| if c.is_ascii_alphanumeric() || "._- ".contains(c) { c } else { '_' };
    let ascii: String = name.chars().map(plain).collect();
    format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{}", utf8_percent_encode(&name, EXTENDED))
}

/// `GET /imports/{id}/source` leads to the import's file by a URL that is valid for five minutes. The answer is 404 if
/// the file has not arrived, was deleted, or was replaced by another file.
#[utoipa::path(
    get,
    path = "/imports/{id}/source",
    operation_id = "show_source",
    tag = "Imports",
    params(ImportNumber, Headers),
    responses(
        (status = 303, description = "The way to the file, valid for five minutes", headers(("Location" = String, description = "The address of the file in S3"))),
        Unknown, Everywhere
    )
)]
pub async fn get(State(door): State<Door>, caller: Caller, Path(id): Path) -> Result<(StatusCode, HeaderMap), Problem> {
    let import = import_of(&door.services, &caller, &id).await?;
    let missing = |detail: &str| Problem::other(StatusCode::NOT_FOUND, detail);
    let source = import.source.as_ref().ok_or_else(|| missing("The file of the import has not arrived"))?;
    let files = &door.services.files;
    match files.head(&source.key).await {
        Ok(object) if object.etag == source.etag => {}
        Ok(_) => return Err(missing("The file of the import was replaced by another file")),
        Err(FileError::Missing) => return Err(missing("The file of the import was deleted")),
        Err(error) => return Err(ImportError::from(error).into()),
    }
    let url = files.presigned_get(&source.key, &disposition(&import.file_name), LIFETIME).await;
    let url = url.map_err(ImportError::from)?;
    let mut headers = HeaderMap::from_iter([(CACHE_CONTROL, HeaderValue::from_static("no-store"))]);
    headers.extend(HeaderValue::from_str(&url).ok().map(|url| (LOCATION, url)));
    Ok((StatusCode::SEE_OTHER, headers))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_cannot_leave_its_parameter() {
        for (name, said) in [
            ("March.csv", "attachment; filename=\"March.csv\"; filename*=UTF-8''March.csv"),
            (
                "Zeiten für März.csv",
                "attachment; filename=\"Zeiten f_r M_rz.csv\"; filename*=UTF-8''Zeiten%20f%C3%BCr%20M%C3%A4rz.csv",
            ),
            (
                "a\"; filename=b.exe\r\nSet-Cookie: x=1",
                "attachment; filename=\"a__ filename_b.exeSet-Cookie_ x_1\"; \
                 filename*=UTF-8''a%22%3B%20filename%3Db.exeSet-Cookie%3A%20x%3D1",
            ),
            ("../../etc/passwd", "attachment; filename=\"passwd\"; filename*=UTF-8''passwd"),
            ("", "attachment; filename=\"import.csv\"; filename*=UTF-8''import.csv"),
        ] {
            assert_eq!(disposition(name), said);
            assert!(HeaderValue::from_str(&disposition(name)).is_ok());
        }
    }
}
