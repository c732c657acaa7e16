//! Finding a category by what an agent types: code, label or keyword.

use serde::{Deserialize, Serialize};
use types::CategoryCode;

use super::{Leaf, Taxonomy};

/// One proposed category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CategoryHit {
    pub code: CategoryCode,
    pub level1: String,
    pub level2: String,
    pub level3: String,
    /// Higher is better; only comparable within one search.
    pub score: u32,
}

impl Taxonomy {
    /// The best matches of `query`, best first, then by code; at most `limit`. Words separated by
    /// spaces must all match. When none does, pairs of neighbouring characters are compared, so
    /// that a sentence finds its category too. An empty query finds nothing.
    #[must_use]
    pub fn search(&self, query: &str, limit: usize) -> Vec<CategoryHit> {
        let words: Vec<&str> = query.split_whitespace().collect();
        let mut hits = self.hits(|leaf| words_score(leaf, &words));
        if hits.is_empty() {
            let pairs = pairs(query);
            hits = self.hits(|leaf| pairs_score(leaf, &pairs));
        }
        hits.sort_by(|a, b| b.score.cmp(&a.score).then_with(|| a.code.cmp(&b.code)));
        hits.truncate(limit);
        hits
    }

    fn hits(&self, score: impl Fn(&Leaf) -> u32) -> Vec<CategoryHit> {
        self.iter()
            .filter_map(|leaf| {
                let score = score(leaf);
                (score > 0).then(|| CategoryHit {
                    code: leaf.code.clone(),
                    level1: leaf.level1.clone(),
                    level2: leaf.level2.clone(),
                    level3: leaf.level3.clone(),
                    score,
                })
            })
            .collect()
    }
}

/// Sum over the words; zero when one of them matches nowhere.
fn words_score(leaf: &Leaf, words: &[&str]) -> u32 {
    let mut sum = 0;
    for word in words {
        let score = word_score(leaf, word);
        if score == 0 {
            return 0;
        }
        sum += score;
    }
    sum
}

fn word_score(leaf: &Leaf, word: &str) -> u32 {
    let best_keyword = leaf.keywords.iter().map(|key| label_score(key, word)).max().unwrap_or(0);
    let code = leaf.code.as_str();
    let by_code = if code == word {
        1_000
    } else if code.starts_with(word) {
        900
    } else {
        0
    };
    [
        by_code,
        label_score(&leaf.level3, word) * 8,
        best_keyword * 7,
        label_score(&leaf.level2, word) * 5,
        label_score(&leaf.level1, word) * 3,
    ]
    .into_iter()
    .max()
    .unwrap_or(0)
}

/// 100 equal, 60 starts with, 40 contains, 30 is contained (two characters at least).
fn label_score(label: &str, word: &str) -> u32 {
    if label == word {
        100
    } else if label.starts_with(word) {
        60
    } else if label.contains(word) {
        40
    } else if label.chars().count() >= 2 && word.contains(label) {
        30
    } else {
        0
    }
}

/// Neighbouring characters, without punctuation.
fn pairs(text: &str) -> Vec<(char, char)> {
    let plain: Vec<char> = text.chars().filter(|c| c.is_alphanumeric()).collect();
    plain.iter().copied().zip(plain.iter().copied().skip(1)).collect()
}

fn pairs_score(leaf: &Leaf, wanted: &[(char, char)]) -> u32 {
    let common = |text: &str| {
        let found = pairs(text).into_iter().filter(|pair| wanted.contains(pair)).count();
        u32::try_from(found).unwrap_or(u32::MAX)
    };
    let keywords: u32 = leaf.keywords.iter().map(|key| common(key)).sum();
    common(&leaf.level3) * 4 + keywords * 4 + common(&leaf.level2) * 3 + common(&leaf.level1)
}
