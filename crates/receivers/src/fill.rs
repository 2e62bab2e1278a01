//! Programs with gaps: `⟨name⟩` in a text stands for a value; from a line `⟦name⟧` to its `⟦/⟧` the text is there only
//! where that holds, from `⟦!name⟧` only where it does not.

/// What fills the gaps of a frame.
#[derive(Debug)]
pub(crate) struct Gaps<'v> {
    /// What holds.
    pub(crate) flags: &'v [(&'v str, bool)],
    /// What stands for a name.
    pub(crate) values: &'v [(&'v str, &'v str)],
    /// How many empty lines may follow each other: where a block is not there, more would.
    pub(crate) empty_lines: usize,
}

impl Gaps<'_> {
    /// Fills the gaps of `frame`.
    ///
    /// A gap that has a line to itself takes any number of lines, each indented like the gap.
    ///
    /// # Panics
    /// Where the frame has a name that is not known here, which the tests of this crate rule out.
    pub(crate) fn fill(&self, frame: &str) -> String {
        let mut code = String::with_capacity(frame.len() * 2);
        // For each block that is open whether its text is there.
        let mut blocks: Vec<bool> = Vec::new();
        for line in frame.lines() {
            let bare = line.trim_start();
            let indent = &line[..line.len() - bare.len()];
            if let Some(block) = marked(bare, '⟦', '⟧') {
                match block.strip_prefix('!') {
                    _ if block == "/" => drop(blocks.pop()),
                    Some(name) => blocks.push(!self.flag(name)),
                    None => blocks.push(self.flag(block)),
                }
            } else if blocks.iter().all(|is_there| *is_there) {
                match marked(bare, '⟨', '⟩') {
                    Some(name) => {
                        self.value(name).lines().for_each(|line| self.push(&mut code, indent, line))
                    }
                    None => self.push(&mut code, indent, &self.inline(bare)),
                }
            }
        }
        code
    }

    fn push(&self, code: &mut String, indent: &str, line: &str) {
        let empty_lines = code.bytes().rev().take_while(|byte| *byte == b'\n').count().saturating_sub(1);
        if line.is_empty() && (code.is_empty() || empty_lines == self.empty_lines) {
            return;
        }
        if !line.is_empty() {
            code.push_str(indent);
            code.push_str(line);
        }
        code.push('\n');
    }

    fn inline(&self, line: &str) -> String {
        let mut filled = String::with_capacity(line.len());
        let mut rest = line;
        while let Some((before, after)) = rest.split_once('⟨') {
            let (name, after) = after.split_once('⟩').unwrap_or((after, ""));
            filled.push_str(before);
            filled.push_str(self.value(name));
            rest = after;
        }
        filled + rest
    }

    fn value(&self, name: &str) -> &str {
        let found = self.values.iter().find(|(known, _)| *known == name);
        found.unwrap_or_else(|| unreachable!("the gap {name} has no value")).1
    }

    fn flag(&self, name: &str) -> bool {
        let found = self.flags.iter().find(|(known, _)| *known == name);
        found.unwrap_or_else(|| unreachable!("the block {name} has no flag")).1
    }
}

/// What stands between the marks, if the line is that alone.
fn marked(line: &str, open: char, close: char) -> Option<&str> {
    line.strip_prefix(open)?.strip_suffix(close).filter(|name| !name.contains(open))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_takes_a_value_several_lines_or_none() {
        let gaps =
            Gaps { flags: &[], values: &[("one", "1"), ("none", ""), ("lines", "x\n  y\n")], empty_lines: 1 };
        assert_eq!(gaps.fill("a ⟨one⟩ b\n\n⟨none⟩\n\n  ⟨lines⟩\nend"), "a 1 b\n\n  x\n    y\nend\n");
    }

    #[test]
    fn a_block_is_there_where_its_name_holds() {
        let gaps = Gaps { flags: &[("yes", true), ("no", false)], values: &[], empty_lines: 1 };
        let frame = "⟦yes⟧\na\n⟦no⟧\nb\n⟦/⟧\nc\n⟦/⟧\n⟦no⟧\nd\n⟦yes⟧\ne\n⟦/⟧\n⟦/⟧\n⟦!no⟧\nf\n⟦/⟧\n";
        assert_eq!(gaps.fill(frame), "a\nc\nf\n");
    }

    #[test]
    fn a_value_is_not_filled_again() {
        let gaps = Gaps { flags: &[], values: &[("a", "⟨b⟩")], empty_lines: 1 };
        assert_eq!(gaps.fill("⟨a⟩"), "⟨b⟩\n");
    }
}
