//! The upload of a file straight to S3: in one request, or in parts for a file above S3's limit for one request.

use std::path::Path;

use anyhow::{Context, bail};
use reqwest::{Body, Method, Response};
use serde_json::{Value, json};
use tokio::fs::File;
use tokio::io::AsyncReadExt;

use super::{Client, json, of_import};

impl Client {
    /// Creates an import, uploads its file straight to S3, and returns the import's id.
    pub async fn upload(&self, mut asked: Value, file: &Path) -> anyhow::Result<u64> {
        let read = File::open(file).await.with_context(|| format!("{} cannot be read", file.display()))?;
        let metadata = read.metadata().await?;
        if metadata.is_dir() {
            bail!("{} is a folder", file.display());
        }
        asked["upload"] = true.into();
        asked["file_size"] = metadata.len().into();
        asked["file_name"] = file.file_name().unwrap_or_default().to_string_lossy().into_owned().into();
        let made = json(self.request(Method::POST, "/imports").json(&asked).send().await?).await?;
        let id = made["id"].as_u64().context("the service's answer has no id of the import")?;
        match made["upload"]["part_count"].as_u64() {
            None => drop(self.put(&made["upload"], read.into(), metadata.len()).await?),
            Some(count) => self.upload_parts(id, &made["upload"], count, read).await?,
        }
        Ok(id)
    }

    /// Uploads a file part after part, and makes the file of the parts.
    async fn upload_parts(&self, id: u64, first: &Value, count: u64, mut file: File) -> anyhow::Result<()> {
        let (mut parts, mut addresses) = (Vec::new(), first.clone());
        loop {
            for part in addresses["parts"].as_array().context("the service's answer has no parts")? {
                let size = part["size"].as_u64().context("the service's answer has no size of a part")?;
                let mut bytes = vec![0; usize::try_from(size)?];
                file.read_exact(&mut bytes).await.context("the file became shorter while it was uploaded")?;
                let put = self.put(part, bytes.into(), size).await?;
                let etag = put.headers().get("etag").context("the answer to a part has no ETag")?.to_str()?;
                parts.push(json!({ "part_number": part["part_number"], "etag": etag }));
            }
            let uploaded = parts.len() as u64;
            if uploaded == count {
                break;
            }
            let next = format!("/imports/{id}/upload/parts?from={}", uploaded + 1);
            addresses = of_import(id, self.request(Method::GET, &next).send().await?).await?;
        }
        let complete = self.request(Method::POST, &format!("/imports/{id}/upload/complete"));
        of_import(id, complete.json(&json!({ "parts": parts })).send().await?).await.map(drop)
    }

    /// Puts the file, or a part of the file, to its presigned address.
    async fn put(&self, address: &Value, body: Body, size: u64) -> anyhow::Result<Response> {
        let url = address["url"].as_str().context("the service's answer has no address for the upload")?;
        let mut put = self.http.put(url).header("Content-Length", size);
        for (name, value) in address["headers"].as_object().into_iter().flatten() {
            put = put.header(name, value.as_str().unwrap_or_default());
        }
        let put = put.body(body).send().await?;
        if !put.status().is_success() {
            bail!("the upload failed with {}: {}", put.status(), put.text().await.unwrap_or_default());
        }
        Ok(put)
    }
}
