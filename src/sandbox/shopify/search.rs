//! Shopify's search syntax: `name:#1001 OR email:"a@b.example" -status:cancelled`.
//!
//! Terms stand side by side for AND; `OR` binds weaker; `NOT` and `-` negate; parentheses group; double and single
//! quotes hold phrases; a backslash takes the next sign literally; `*` at the end of a word matches what begins so, and
//! alone that there is a value. Nothing is ever a syntax error. What a client lets through unescaped is obeyed.

pub mod catalog;
pub mod orders;

/// A parsed query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Term {
    All(Vec<Term>),
    Any(Vec<Term>),
    Not(Box<Term>),
    Field { name: String, comparison: Comparison, value: Wanted },
    Text(Wanted),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    Is,
    Less,
    AtMost,
    More,
    AtLeast,
}

/// The value that a term asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub text: String,
    /// A bare `*` stood at the end.
    pub prefix: bool,
    pub quoted: bool,
}

impl Wanted {
    /// Whether `value` is what is asked for, without regard to case.
    pub fn is(&self, value: &str) -> bool {
        same(value, &self.text, self.prefix)
    }

    /// Whether the words occur: a phrase in quotes as a whole, a word at the beginning of one.
    pub fn occurs_in(&self, value: &str) -> bool {
        let (value, text) = (value.to_lowercase(), self.text.to_lowercase());
        if text.is_empty() {
            return self.prefix && !value.is_empty();
        }
        if self.quoted {
            return value.contains(&text);
        }
        value == text || value.split(|c: char| !c.is_alphanumeric()).any(|word| word.starts_with(&text))
    }
}

/// Whether a value is a text, or begins so, without regard to case. A store has many values, so that mostly nothing is copied.
fn same(value: &str, text: &str, prefix: bool) -> bool {
    if value.is_ascii() && text.is_ascii() {
        let begin = if prefix { value.get(..text.len()) } else { Some(value) };
        return begin.is_some_and(|begin| begin.eq_ignore_ascii_case(text));
    }
    let (value, text) = (value.to_lowercase(), text.to_lowercase());
    if prefix { value.starts_with(&text) } else { value == text }
}

impl Comparison {
    pub fn holds<T: PartialOrd>(self, left: &T, right: &T) -> bool {
        match self {
            Self::Is => left == right,
            Self::Less => left < right,
            Self::AtMost => left <= right,
            Self::More => left > right,
            Self::AtLeast => left >= right,
        }
    }
}

impl Term {
    /// Reads a query. An empty one asks for everything.
    pub fn parse(query: &str) -> Self {
        Parser { tokens: tokens(query), at: 0 }.any()
    }

    /// Whether a thing matches, by what `leaf` says of terms without operators.
    pub fn matches(&self, leaf: &dyn Fn(&Term) -> bool) -> bool {
        match self {
            Self::All(terms) => terms.iter().all(|term| term.matches(leaf)),
            Self::Any(terms) => terms.iter().any(|term| term.matches(leaf)),
            Self::Not(term) => !term.matches(leaf),
            Self::Field { .. } | Self::Text(_) => leaf(self),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Open,
    Close,
    And,
    Or,
    Not,
    Leaf(Term),
}

fn tokens(query: &str) -> Vec<Token> {
    let mut reader = Reader { signs: query.chars().peekable() };
    let mut tokens = Vec::new();
    while let Some(sign) = reader.signs.peek().copied() {
        match sign {
            _ if sign.is_whitespace() => {
                reader.signs.next();
            }
            '(' | ')' => {
                reader.signs.next();
                tokens.push(if sign == '(' { Token::Open } else { Token::Close });
            }
            '-' => {
                reader.signs.next();
                tokens.push(Token::Not);
            }
            _ => tokens.push(reader.leaf()),
        }
    }
    tokens
}

struct Reader<'q> {
    signs: std::iter::Peekable<std::str::Chars<'q>>,
}

impl Reader<'_> {
    fn leaf(&mut self) -> Token {
        let (first, bare) = self.value(true);
        if self.signs.next_if_eq(&':').is_some() && !first.quoted && !first.text.is_empty() {
            let comparison = self.comparison();
            let (value, _) = self.value(false);
            return Token::Leaf(Term::Field { name: first.text.to_lowercase(), comparison, value });
        }
        match first.text.as_str() {
            "AND" if bare => Token::And,
            "OR" if bare => Token::Or,
            "NOT" if bare => Token::Not,
            _ => Token::Leaf(Term::Text(first)),
        }
    }

    fn comparison(&mut self) -> Comparison {
        let Some(sign) = self.signs.next_if(|sign| matches!(sign, '<' | '>' | '=')) else { return Comparison::Is };
        let or_equal = sign != '=' && self.signs.next_if_eq(&'=').is_some();
        match (sign, or_equal) {
            ('<', true) => Comparison::AtMost,
            ('<', false) => Comparison::Less,
            ('>', true) => Comparison::AtLeast,
            ('>', false) => Comparison::More,
            _ => Comparison::Is,
        }
    }

    /// A word or a phrase, and whether it was written without quotes and escapes. A name ends at a colon.
    fn value(&mut self, name: bool) -> (Wanted, bool) {
        if let Some(quote) = self.signs.next_if(|sign| matches!(sign, '"' | '\'')) {
            return (Wanted { text: self.phrase(quote), prefix: false, quoted: true }, false);
        }
        let mut wanted = Wanted { text: String::new(), prefix: false, quoted: false };
        let mut bare = true;
        while let Some(sign) = self.signs.peek().copied() {
            if sign.is_whitespace() || matches!(sign, '(' | ')') || (name && sign == ':') {
                break;
            }
            self.signs.next();
            if wanted.prefix {
                // The star was not the last sign, so it is one like any other.
                wanted.text.push('*');
                wanted.prefix = false;
            }
            match sign {
                '\\' => {
                    bare = false;
                    wanted.text.extend(self.signs.next());
                }
                '*' => wanted.prefix = true,
                _ => wanted.text.push(sign),
            }
        }
        (wanted, bare)
    }

    fn phrase(&mut self, quote: char) -> String {
        let mut text = String::new();
        while let Some(sign) = self.signs.next() {
            match sign {
                '\\' => text.extend(self.signs.next()),
                _ if sign == quote => break,
                _ => text.push(sign),
            }
        }
        text
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn any(&mut self) -> Term {
        let mut terms = vec![self.all()];
        while self.peek() == Some(&Token::Or) {
            self.at += 1;
            terms.push(self.all());
        }
        if terms.len() == 1 { terms.pop().unwrap_or(Term::All(Vec::new())) } else { Term::Any(terms) }
    }

    fn all(&mut self) -> Term {
        let mut terms = Vec::new();
        loop {
            match self.peek() {
                None | Some(Token::Or | Token::Close) => break,
                Some(Token::And) => self.at += 1,
                Some(_) => terms.push(self.one()),
            }
        }
        if terms.len() == 1 { terms.pop().unwrap_or(Term::All(Vec::new())) } else { Term::All(terms) }
    }

    fn one(&mut self) -> Term {
        let token = self.peek().cloned();
        self.at += 1;
        match token {
            Some(Token::Not) if matches!(self.peek(), Some(Token::Not | Token::Open | Token::Leaf(_))) => {
                Term::Not(Box::new(self.one()))
            }
            Some(Token::Open) => {
                let inner = self.any();
                if self.peek() == Some(&Token::Close) {
                    self.at += 1;
                }
                inner
            }
            Some(Token::Leaf(term)) => term,
            _ => Term::All(Vec::new()),
        }
    }
}

#[cfg(test)]
mod tests;
