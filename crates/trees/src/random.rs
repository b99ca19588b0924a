//! A small generator of numbers (splitmix64), so that everything made from a seed is made again from it.

/// Numbers from a seed.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The numbers of a seed.
    pub fn new(seed: u64) -> Self {
        Random(seed)
    }

    /// The next number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below a limit; zero where the limit is.
    pub fn below(&mut self, limit: usize) -> usize {
        let limit = u64::try_from(limit.max(1)).unwrap_or(u64::MAX);
        usize::try_from(self.draw() % limit).unwrap_or(0)
    }

    /// One of a list.
    pub fn pick<'t, T>(&mut self, list: &'t [T]) -> Option<&'t T> {
        list.get(self.below(list.len()))
    }

    /// So many hexadecimal digits.
    pub fn hex(&mut self, digits: usize) -> String {
        let mut text = String::with_capacity(digits + 16);
        while text.len() < digits {
            text.push_str(&format!("{:016x}", self.draw()));
        }
        text.truncate(digits);
        text
    }

    /// So many bytes as base64, which nothing stands behind.
    pub fn base64(&mut self, bytes: usize) -> String {
        const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let digits = (bytes * 8).div_ceil(6);
        let unused = digits * 6 - bytes * 8;
        let mut text = String::with_capacity(digits + 2);
        for at in 0..digits {
            let mut digit = self.below(DIGITS.len());
            if at + 1 == digits {
                digit = digit >> unused << unused;
            }
            text.extend(DIGITS.get(digit).map(|digit| char::from(*digit)));
        }
        while !text.len().is_multiple_of(4) {
            text.push('=');
        }
        text
    }
}
