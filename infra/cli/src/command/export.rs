//! `jean export`: everything somebody has, to take along.

use std::{
    error::Error,
    io::{self, BufWriter, Write},
    path::PathBuf,
};

use jean_local::private;
use jean_memory::transfer;

use crate::{people::Place, terminal::say};

/// Whose memories, and where to.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Their address or id
    #[arg(value_name = "EMAIL|ID")]
    who: String,
    /// The file to make; there must be none yet [default: standard output]
    file: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
}

/// Writes them, newest first.
pub(crate) async fn run(Arguments { who, file, place }: Arguments) -> Result<(), Box<dyn Error>> {
    let people = place.open()?;
    let user = people.find(&who).await?;
    let mut out: Box<dyn Write> = match &file {
        Some(path) => Box::new(BufWriter::new(
            private::new_file(path).map_err(|source| format!("{} can't be made: {source}", path.display()))?,
        )),
        None => Box::new(io::stdout()),
    };
    let (mut written, mut after) = (0, None);
    loop {
        let page = people.service.many(&user.user_id, after).await?;
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
        say(format_args!("{written} memories of {} were written.", user.email));
    }
    Ok(())
}
