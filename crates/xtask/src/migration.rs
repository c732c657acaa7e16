//! A new migration: the same number and name for both databases.

use anyhow::bail;

use crate::sources::root;

#[expect(clippy::print_stdout, reason = "a chore answers on the terminal")]
pub fn new(name: &str) -> anyhow::Result<()> {
    if name.is_empty()
        || !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    {
        bail!("a migration is named by lower-case words joined by _: add_return_reason");
    }
    let migrations = root().join("migrations");
    let mut last = 0;
    for entry in std::fs::read_dir(migrations.join("sqlite"))? {
        let file = entry?.file_name().to_string_lossy().into_owned();
        let number = file.split('_').next().and_then(|number| number.parse::<u32>().ok());
        last = last.max(number.unwrap_or(0));
    }
    for database in ["sqlite", "postgres"] {
        let path = migrations.join(database).join(format!("{:04}_{name}.sql", last + 1));
        std::fs::write(
            &path,
            "-- Why, in one sentence. Expand only: programs of the last release still run.\n",
        )?;
        println!("{}", path.display());
    }
    Ok(())
}
