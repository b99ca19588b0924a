//! Writes a made tree: `make-tree fleet|plain OBJECTS SEED FOLDER`.

use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let usage = || io::Error::other("make-tree fleet|plain OBJECTS SEED FOLDER");
    let [shape, objects, seed, folder] = arguments.as_slice() else { return Err(usage()) };
    let objects = objects.parse().map_err(|_| usage())?;
    let tree = match shape.as_str() {
        "plain" => flux_vet_trees::plain(objects),
        _ => flux_vet_trees::fleet(objects, seed.parse().map_err(|_| usage())?),
    };
    for (path, text) in &tree.files {
        let path = Path::new(folder).join(path);
        fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
        fs::write(path, text)?;
    }
    eprintln!("{} files, {} bytes, {} objects", tree.files.len(), tree.bytes(), tree.objects);
    Ok(())
}
