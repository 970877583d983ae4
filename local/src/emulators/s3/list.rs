//! Pages of the answers to `ListObjectsV2` and `ListObjectVersions`, with prefix, delimiter and continuation token.

use s3s::dto::*;

/// Largest number of keys on a page, and the default for a request without `max-keys`.
const MOST_KEYS: i32 = 1000;

/// Version of an object in a bucket without versioning.
pub(super) const ONLY_VERSION: &str = "null";

/// Turns a page of objects into a page of their versions.
pub(super) fn versions(page: ListObjectsV2Output) -> ListObjectVersionsOutput {
    let version = |object: Object| ObjectVersion {
        e_tag: object.e_tag,
        is_latest: Some(true),
        key: object.key,
        last_modified: object.last_modified,
        size: object.size,
        version_id: Some(ONLY_VERSION.to_owned()),
        ..ObjectVersion::default()
    };
    ListObjectVersionsOutput {
        name: page.name,
        prefix: page.prefix,
        key_marker: page.start_after,
        max_keys: page.max_keys,
        is_truncated: page.is_truncated,
        next_key_marker: page.next_continuation_token,
        versions: page.contents.map(|objects| objects.into_iter().map(version).collect()),
        ..ListObjectVersionsOutput::default()
    }
}

/// Selects the page which the request asks for from all objects of the bucket.
pub(super) fn page(mut objects: Vec<Object>, asked: &ListObjectsV2Input) -> ListObjectsV2Output {
    let prefix = asked.prefix.as_deref().unwrap_or_default();
    let delimiter = asked.delimiter.as_deref().filter(|delimiter| !delimiter.is_empty());
    let after = asked.continuation_token.as_deref().max(asked.start_after.as_deref()).unwrap_or_default();
    let most = usize::try_from(asked.max_keys.unwrap_or(MOST_KEYS).clamp(0, MOST_KEYS)).unwrap_or_default();

    objects.sort_by(|one, other| one.key.cmp(&other.key));
    let (mut contents, mut prefixes, mut last) = (Vec::<Object>::new(), Vec::<String>::new(), None);
    let mut is_truncated = false;
    for object in objects {
        let key = object.key.as_deref().unwrap_or_default();
        let Some(rest) = key.strip_prefix(prefix) else { continue };
        let folder = delimiter.and_then(|delimiter| Some(&rest[..rest.find(delimiter)? + delimiter.len()]));
        let shown = folder.map_or_else(|| key.to_owned(), |folder| format!("{prefix}{folder}"));
        if shown.as_str() <= after || prefixes.last() == Some(&shown) {
            continue;
        }
        if contents.len() + prefixes.len() == most {
            is_truncated = most > 0;
            break;
        }
        last = Some(shown.clone());
        match folder {
            Some(_) => prefixes.push(shown),
            None => contents.push(object),
        }
    }
    let common = |prefix| CommonPrefix { prefix: Some(prefix) };
    ListObjectsV2Output {
        name: Some(asked.bucket.clone()),
        prefix: asked.prefix.clone(),
        delimiter: asked.delimiter.clone(),
        start_after: asked.start_after.clone(),
        continuation_token: asked.continuation_token.clone(),
        max_keys: i32::try_from(most).ok(),
        key_count: i32::try_from(contents.len() + prefixes.len()).ok(),
        is_truncated: Some(is_truncated),
        next_continuation_token: last.filter(|_| is_truncated),
        contents: (!contents.is_empty()).then_some(contents),
        common_prefixes: (!prefixes.is_empty()).then(|| prefixes.into_iter().map(common).collect()),
        ..ListObjectsV2Output::default()
    }
}
