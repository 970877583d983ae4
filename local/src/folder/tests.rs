use super::*;

fn mode(path: &Path) -> anyhow::Result<u32> {
    Ok(path.metadata()?.permissions().mode() & 0o777)
}

#[test]
fn a_folder_is_one_process_s_until_it_is_let_go() -> anyhow::Result<()> {
    let place = tempfile::tempdir()?;
    let path = place.path().join("a/b");
    let folder = Folder::take(&path)?;
    let refused = Folder::take(&path).expect_err("it is taken").to_string();
    assert!(refused.contains("another waybill is using") && refused.contains("a/b"), "{refused}");
    drop(folder);
    Folder::take(&path)?;
    Ok(())
}

#[test]
fn what_is_kept_is_its_owner_s_alone() -> anyhow::Result<()> {
    let place = tempfile::tempdir()?;
    let path = place.path().join("new");
    let folder = Folder::take(&path)?;
    assert_eq!([mode(&path)?, mode(&folder.files()?)?, mode(&folder.database()?)?], [0o700, 0o700, 0o600]);
    drop(folder);

    // A folder chosen by a person keeps its permissions, while state from an earlier version in the folder is
    // closed.
    let old = place.path().join("old");
    DirBuilder::new().mode(0o755).create(&old)?;
    DirBuilder::new().mode(0o755).create(old.join("s3"))?;
    std::fs::write(old.join("dynamodb.sqlite"), "")?;
    set_permissions(old.join("dynamodb.sqlite"), Permissions::from_mode(0o644))?;
    let folder = Folder::take(&old)?;
    assert_eq!([mode(&old)?, mode(&folder.files()?)?, mode(&folder.database()?)?], [0o755, 0o700, 0o600]);
    Ok(())
}
