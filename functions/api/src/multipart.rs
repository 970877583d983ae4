//! Reads a multipart body: files and text fields, in any order.

use axum::body::Bytes;
use axum::extract::multipart::MultipartError;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::StatusCode;

use crate::Door;

/// A part named `file`.
pub struct FilePart {
    /// The name of the file, if the part has one.
    pub name: Option<String>,
    /// The content of the file.
    pub bytes: Bytes,
}

/// The parts of a multipart body, each kind in the order of the body.
#[derive(Default)]
pub struct Parts {
    /// The parts named `file`.
    pub files: Vec<FilePart>,
    /// All further parts as name and text.
    pub fields: Vec<(String, String)>,
}

/// The reasons why a multipart body is refused.
#[derive(Debug, thiserror::Error)]
pub enum PartsError {
    /// The body is larger than bodies may be.
    #[error("the body is too large")]
    TooLarge,
    /// The body is no multipart body; the text tells why.
    #[error("the multipart body cannot be read: {0}")]
    Broken(String),
}

impl From<MultipartError> for PartsError {
    fn from(error: MultipartError) -> Self {
        match error.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge,
            _ => Self::Broken(error.body_text()),
        }
    }
}

impl Parts {
    /// Reads the body of a request.
    pub async fn read(request: Request, door: &Door) -> Result<Self, PartsError> {
        let multipart = Multipart::from_request(request, door).await;
        let mut multipart = multipart.map_err(|_| PartsError::Broken("its boundary is missing".to_owned()))?;
        let mut parts = Self::default();
        while let Some(part) = multipart.next_field().await? {
            let name = part.name().unwrap_or_default().to_owned();
            if name == "file" {
                let name = part.file_name().map(str::to_owned);
                parts.files.push(FilePart { name, bytes: part.bytes().await? });
            } else {
                parts.fields.push((name, part.text().await?));
            }
        }
        Ok(parts)
    }
}
