//! Checkstyle XML, as Jenkins, reviewdog and others read it: files, and their errors.

use std::io;

use super::escape::xml;
use super::{Run, escape};

pub(super) fn write(run: &Run<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<checkstyle version=\"4.3\">")?;
    for (path, findings) in run.by_file() {
        writeln!(out, "  <file name=\"{}\">", xml(&path))?;
        for finding in findings {
            let at = run.sources.location(finding.primary.span);
            writeln!(
                out,
                "    <error line=\"{}\" column=\"{}\" severity=\"{}\" message=\"{}\" source=\"flux-vet.{}\"/>",
                at.line,
                at.column,
                finding.severity,
                xml(&finding.message),
                xml(&escape::line(&finding.rule)),
            )?;
        }
        writeln!(out, "  </file>")?;
    }
    writeln!(out, "</checkstyle>")
}
