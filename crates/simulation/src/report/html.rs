//! The report as one HTML page with its pictures, in Chinese: nothing is loaded from elsewhere.

use std::fmt::Write as _;

use super::Report;
use crate::plot::Picture;

const STYLE: &str = "body{font-family:sans-serif;max-width:1100px;margin:2em auto;padding:0 1em;color:#1f2937}\
    table{border-collapse:collapse;margin:1em 0;font-variant-numeric:tabular-nums}\
    th,td{border-bottom:1px solid #d1d5db;padding:.25em .7em;text-align:right}\
    th:first-child,td:first-child{text-align:left}svg{max-width:100%;height:auto}";

impl Report {
    /// The Markdown report and all pictures as a page.
    #[must_use]
    pub fn html(&self) -> String {
        page(&self.title, &self.markdown(), &self.plots())
    }
}

/// A page of Markdown with its pictures before the first section.
pub(crate) fn page(title: &str, markdown: &str, pictures: &[Picture]) -> String {
    let title = escaped(title);
    let mut page = format!(
        "<!doctype html>\n<html lang=\"zh-CN\">\n<meta charset=\"utf-8\">\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n<body>\n"
    );
    let (head, rest) = markdown.split_once("\n## ").unwrap_or((markdown, ""));
    body(&mut page, head);
    for picture in pictures {
        page.push_str(&picture.svg);
        page.push('\n');
    }
    body(&mut page, &format!("## {rest}"));
    page.push_str("</body>\n</html>\n");
    page
}

/// The few forms that the report's Markdown has: headings, tables, lists, paragraphs.
fn body(page: &mut String, markdown: &str) {
    let mut open = "";
    let mut heading = true;
    for line in markdown.lines() {
        let kind = kind_of(line);
        if kind != open {
            close(page, open);
            open = kind;
            heading = true;
            if !open.is_empty() {
                let _ = writeln!(page, "<{open}>");
            }
        }
        match kind {
            "table" if line.starts_with("| ---") => heading = false,
            "table" => cells(page, line, if heading { "th" } else { "td" }),
            "ul" => {
                let _ = writeln!(page, "<li>{}</li>", escaped(line.trim_start_matches("- ")));
            }
            _ => paragraph(page, line),
        }
    }
    close(page, open);
}

fn kind_of(line: &str) -> &'static str {
    if line.starts_with('|') {
        "table"
    } else if line.starts_with("- ") {
        "ul"
    } else {
        ""
    }
}

fn close(page: &mut String, open: &str) {
    if !open.is_empty() {
        let _ = writeln!(page, "</{open}>");
    }
}

fn cells(page: &mut String, line: &str, tag: &str) {
    page.push_str("<tr>");
    for cell in line.trim_matches('|').split('|') {
        let _ = write!(page, "<{tag}>{}</{tag}>", escaped(cell.trim()));
    }
    page.push_str("</tr>\n");
}

fn paragraph(page: &mut String, line: &str) {
    let (tag, text) = match (line.strip_prefix("## "), line.strip_prefix("# ")) {
        (Some(text), _) => ("h2", text),
        (_, Some(text)) => ("h1", text),
        _ => ("p", line),
    };
    if !text.is_empty() {
        let _ = writeln!(page, "<{tag}>{}</{tag}>", escaped(text));
    }
}

/// Titles and names come from a file that anybody may have written.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_lists_and_headings_become_theirs() {
        let mut page = String::new();
        body(&mut page, "# A & <b>\n\n| x | y |\n| --- | ---: |\n| 1 | 2 |\n- one\n- two\n\nend\n");
        let expected = "<h1>A &amp; &lt;b&gt;</h1>\n<table>\n<tr><th>x</th><th>y</th></tr>\n\
                        <tr><td>1</td><td>2</td></tr>\n</table>\n<ul>\n<li>one</li>\n<li>two</li>\n</ul>\n<p>end</p>\n";
        assert_eq!(page, expected);
    }
}
