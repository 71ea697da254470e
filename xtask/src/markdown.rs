//! Just enough Markdown to check documents: fenced blocks with their reasons, code spans and link targets.

use crate::repo::{File, Tree};

/// A fenced block. `line` is the line of its opening fence.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) path: String,
    pub(crate) line: usize,
    /// The words after the fence, such as `sh` and `no-run`.
    pub(crate) info: Vec<String>,
    /// What an HTML comment directly above the fence says.
    pub(crate) comment: Option<String>,
    pub(crate) body: String,
}

impl Block {
    pub(crate) fn language(&self) -> &str {
        self.info.first().map_or("", String::as_str)
    }

    pub(crate) fn is_marked(&self, word: &str) -> bool {
        self.info.iter().skip(1).any(|mark| mark == word)
    }

    /// Blocks that `cargo xtask test` executes.
    pub(crate) fn runs(&self) -> bool {
        self.language() == "sh" && !self.is_marked("no-run")
    }
}

/// Every document of the repository.
pub(crate) fn pages(tree: &Tree) -> impl Iterator<Item = &File> {
    tree.files.iter().filter(|file| file.has_extension(&["md"]))
}

pub(crate) fn blocks(page: &File) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<(String, Block)> = None;
    let mut line_before = "";
    for (number, line) in page.lines() {
        let text = line.trim();
        match &mut open {
            Some((fence, _)) if text.starts_with(fence.as_str()) && text.trim_matches(['`', '~']).is_empty() => {
                blocks.extend(open.take().map(|(_, block)| block));
            }
            Some((_, block)) => {
                block.body.push_str(line);
                block.body.push('\n');
            }
            None => {
                if let Some(fence) = fence(text) {
                    let info = text.trim_start_matches(['`', '~']).split_whitespace().map(str::to_owned).collect();
                    let comment = html_comment(line_before);
                    let block = Block { path: page.path.clone(), line: number, info, comment, body: String::new() };
                    open = Some((fence.to_owned(), block));
                }
            }
        }
        line_before = text;
    }
    blocks
}

/// The lines outside fenced blocks, with their numbers.
pub(crate) fn prose(page: &File) -> Vec<(usize, &str)> {
    let mut open: Option<&str> = None;
    let mut lines = Vec::new();
    for (number, line) in page.lines() {
        let text = line.trim();
        match (open, fence(text)) {
            (None, None) => lines.push((number, line)),
            (None, Some(fence)) => open = Some(fence),
            (Some(fence), _) if text.starts_with(fence) && text.trim_matches(['`', '~']).is_empty() => open = None,
            (Some(_), _) => {}
        }
    }
    lines
}

/// The code spans of one line: what stands between single backticks.
pub(crate) fn code_spans(line: &str) -> Vec<&str> {
    line.split('`').skip(1).step_by(2).collect()
}

/// The line without its code spans, for rules that are about prose and links.
pub(crate) fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect::<Vec<_>>().join(" ")
}

/// Targets of `[text](target)` and of `[name]: target`. A title after the target is dropped.
pub(crate) fn link_targets(line: &str) -> Vec<String> {
    let line = without_code(line);
    let inline = line.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let definition = line.strip_prefix('[').and_then(|rest| rest.split_once("]: ")).map(|(_, target)| target);
    let targets = inline.chain(definition).filter_map(|target| target.split_whitespace().next());
    targets.map(|target| target.trim_matches(['<', '>']).to_owned()).collect()
}

fn fence(text: &str) -> Option<&str> {
    let mark = text.chars().next().filter(|mark| ['`', '~'].contains(mark))?;
    let length = text.chars().take_while(|character| *character == mark).count();
    Some(&text[..length]).filter(|_| length >= 3)
}

fn html_comment(line: &str) -> Option<String> {
    let inside = line.strip_prefix("<!--")?.strip_suffix("-->")?.trim();
    Some(inside.to_owned()).filter(|inside| !inside.is_empty())
}

#[cfg(test)]
mod tests {
    use super::{blocks, code_spans, link_targets, prose};
    use crate::repo::File;

    fn page(text: &str) -> File {
        File { path: "README.md".to_owned(), text: text.to_owned() }
    }

    #[test]
    fn blocks_carry_their_words_their_comment_and_their_body() {
        let page = page("# T\n<!-- it needs a screen -->\n```sh no-run\na\nb\n```\ntext\n\n````sh\n```\n````\nend\n");
        let found = blocks(&page);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].line, found[0].body.as_str(), found[0].runs()), (3, "a\nb\n", false));
        assert_eq!(found[0].comment.as_deref(), Some("it needs a screen"));
        assert_eq!((found[1].line, found[1].body.as_str(), found[1].runs()), (9, "```\n", true));
        assert_eq!(prose(&page).len(), 5);
    }

    #[test]
    fn spans_and_links_are_found_on_a_line() {
        assert_eq!(code_spans("a `b/c.rs` and `d`"), ["b/c.rs", "d"]);
        let targets = link_targets("see [a](docs/a.md#x \"title\") and [b](<b.md>), not `[c](c.md)`");
        assert_eq!(targets, ["docs/a.md#x", "b.md"]);
        assert_eq!(link_targets("[name]: docs/d.md"), ["docs/d.md"]);
    }
}
