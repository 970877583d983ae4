//! Reads a multipart body: files and text fields, in any order.

use axum::body::Bytes;
use axum::extract::multipart::MultipartError;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::StatusCode;

use crate::Door;

/// A part with the name `file`, which holds the file of an import.
pub struct FilePart {
    /// The name of the file by the part's header, as sent, or `None` for a part without a file name.
    pub name: Option<String>,
    /// The content of the file, which may be empty.
    pub bytes: Bytes,
}

/// The parts of a multipart body, each kind in the order of the body.
#[derive(Default)]
pub struct Parts {
    /// The parts with the name `file`. Doors decide whether several are refused.
    pub files: Vec<FilePart>,
    /// All further parts as name and text, also repeated names and parts without a name.
    pub fields: Vec<(String, String)>,
}

/// The reasons why a multipart body is refused.
#[derive(Debug, thiserror::Error)]
pub enum PartsError {
    /// The body has more bytes than bodies may have.
    #[error("the body is too large")]
    TooLarge,
    /// The body is no multipart body, or ends too early. The text says why.
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
    /// Reads the body of a request whole into memory.
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
