//! Solves the symmetric banded systems of splines: a Cholesky factorisation that touches only the band.

/// Entries below the diagonal: two unknowns a knot, coupled to those of the next knot.
pub(super) const BANDWIDTH: usize = 3;

/// A symmetric positive definite matrix of which each row holds its diagonal and the [`BANDWIDTH`] entries left of it.
///
/// `rows[i][k]` is the entry in column `i − k`; entries left of column zero are zero and stay so.
pub(super) struct Banded {
    rows: Vec<[f64; BANDWIDTH + 1]>,
}

impl Banded {
    pub(super) fn zero(size: usize) -> Banded {
        Banded { rows: vec![[0.0; BANDWIDTH + 1]; size] }
    }

    /// Adds to the entries (row, column) and (column, row), which are one; `row ≥ column`, at most a band apart.
    pub(super) fn add(&mut self, row: usize, column: usize, value: f64) {
        self.rows[row][row - column] += value;
    }

    /// The solution of `self · x = right`, or `None` if the matrix is not positive definite.
    ///
    /// Rows and columns are first scaled to a diagonal of ones, which for a matrix of this kind comes close to the best
    /// scaling there is (van der Sluis 1969): knots may lie a month and a year apart. Then L·Lᵀ without pivoting, which
    /// a positive definite matrix does not need, forward and back.
    pub(super) fn solve(mut self, mut right: Vec<f64>) -> Option<Vec<f64>> {
        let scales: Vec<f64> = self.rows.iter().map(|row| row[0].sqrt().recip()).collect();
        for (i, row) in self.rows.iter_mut().enumerate() {
            for (k, entry) in row.iter_mut().enumerate().take(i + 1) {
                *entry *= scales[i] * scales[i - k];
            }
            right[i] *= scales[i];
        }
        self.factorise()?;
        for i in 0..right.len() {
            for k in 1..=BANDWIDTH.min(i) {
                right[i] -= self.rows[i][k] * right[i - k];
            }
            right[i] /= self.rows[i][0];
        }
        for i in (0..right.len()).rev() {
            right[i] /= self.rows[i][0];
            for k in 1..=BANDWIDTH.min(i) {
                right[i - k] -= self.rows[i][k] * right[i];
            }
        }
        Some(right.into_iter().zip(scales).map(|(value, scale)| value * scale).collect())
    }

    /// Puts L in the place of the matrix; `None` where a pivot is not greater than zero, NaN included.
    fn factorise(&mut self) -> Option<()> {
        for i in 0..self.rows.len() {
            for k in (0..=BANDWIDTH.min(i)).rev() {
                let column = i - k;
                // Columns that both row i and row `column` hold, left of `column`.
                let shared = (1..=(BANDWIDTH - k).min(column)).map(|m| self.rows[i][k + m] * self.rows[column][m]);
                let rest = self.rows[i][k] - shared.sum::<f64>();
                self.rows[i][k] = if k > 0 {
                    rest / self.rows[column][0]
                } else if rest > 0.0 {
                    rest.sqrt()
                } else {
                    return None;
                };
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::{BANDWIDTH, Banded};

    #[test]
    fn a_system_worked_backwards_from_its_solution() {
        // Positive definite because each diagonal exceeds the sum of its row; sizes around the bandwidth.
        for size in 1..12 {
            let mut matrix = Banded::zero(size);
            let solution: Vec<f64> = (1..=size).map(|i| if i % 2 == 0 { -1.0 } else { 0.5 } * i as f64).collect();
            let mut right = vec![0.0; size];
            for i in 0..size {
                for k in 0..=BANDWIDTH.min(i) {
                    let scale = 1e3_f64.powi(i32::from(i % 3 == 0) + i32::from((i - k) % 3 == 0));
                    let entry = scale * if k == 0 { 4.0 } else { 0.5 / (k + 1) as f64 };
                    matrix.add(i, i - k, entry);
                    right[i] += entry * solution[i - k];
                    if k > 0 {
                        right[i - k] += entry * solution[i];
                    }
                }
            }
            let solved = matrix.solve(right).unwrap();
            for (solved, wanted) in solved.iter().zip(&solution) {
                assert!((solved - wanted).abs() < 1e-13 * size as f64, "{size}: {solved} for {wanted}");
            }
        }
    }

    #[test]
    fn what_is_not_positive_definite_has_no_solution() {
        assert!(Banded::zero(2).solve(vec![1.0, 1.0]).is_none());
        let mut matrix = Banded::zero(2);
        [(0, 0, 1.0), (1, 1, 1.0), (1, 0, 2.0)]
            .into_iter()
            .for_each(|(row, column, value)| matrix.add(row, column, value));
        assert!(matrix.solve(vec![1.0, 1.0]).is_none());
    }
}
