//! `jean export`: a user's memories as JSON Lines.

use std::{
    error::Error,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use jean_local::private;
use jean_memory::transfer;

use crate::{accounts::StoreArgs, terminal::print};

/// Arguments of `jean export`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The user's email address or id
    #[arg(value_name = "EMAIL|ID")]
    user_ref: String,
    /// The file to create, which must not exist, or - for standard output, the default
    file: Option<PathBuf>,
    #[command(flatten)]
    store: StoreArgs,
}

/// Exports all memories, newest first.
pub(crate) async fn run(Arguments { user_ref, file, store }: Arguments) -> Result<(), Box<dyn Error>> {
    let accounts = store.open().await?;
    let user = accounts.find(&user_ref).await?;
    let file = file.filter(|path| path != Path::new("-"));
    let mut out: Box<dyn Write> = match &file {
        Some(path) => Box::new(BufWriter::new(private::new_file(path).map_err(|source| not_created(path, &source))?)),
        None => Box::new(io::stdout()),
    };
    let (mut written, mut after) = (0, None);
    loop {
        let page = accounts.service.many(&user.user_id, after).await?;
        for memory in &page.memories {
            out.write_all(transfer::line(memory).as_bytes())?;
        }
        written += page.memories.len();
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    out.flush()?;
    if file.is_some() {
        print(format_args!("Exported {written} memories of {}.", user.email));
    }
    Ok(())
}

/// The error for a file that cannot be created.
fn not_created(path: &Path, source: &io::Error) -> String {
    let path = path.display();
    match source.kind() {
        io::ErrorKind::AlreadyExists => {
            format!("cannot create {path}: it exists already; choose another file, or delete it first")
        }
        _ => format!("cannot create {path}: {source}"),
    }
}
