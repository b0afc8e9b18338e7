// SPDX-License-Identifier: Apache-2.0

/// A table for the terminal: numbers right, groups of rows apart.
struct TextTable {
  let headings: [String]
  /// Rows of cells in the order of `headings`.
  let groups: [[[String]]]

  var lines: [String] {
    let rows = groups.flatMap(\.self)
    let widths = headings.indices.map { column in
      ([headings] + rows).map { $0[column].count }.max() ?? 0
    }
    func line(_ cells: [String]) -> String {
      zip(cells, widths).enumerated().map { column, cell in
        let space = String(repeating: " ", count: cell.1 - cell.0.count)
        return column == 0 ? cell.0 + space : space + cell.0
      }.joined(separator: "  ")
    }
    var lines = [line(headings)]
    lines.append(String(repeating: "-", count: widths.reduce(0, +) + 2 * (widths.count - 1)))
    for (index, group) in groups.enumerated() {
      if index > 0 { lines.append("") }
      lines += group.map(line)
    }
    return lines
  }
}
