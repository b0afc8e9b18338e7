// SPDX-License-Identifier: Apache-2.0

import KernelChecks
import Uring

/// What was found, behaviour by behaviour.
struct Report {
  let machine: MachineReport
  let rows: [Row]

  /// A behaviour and what was found of it.
  struct Row {
    let check: KernelCheck
    let result: CheckResult

    init(_ check: KernelCheck) {
      self.check = check
      result = check.run()
    }
  }

  /// Why a tier is not met; empty where it is.
  func reasons(against required: KernelTier) -> [String] {
    var reasons: [String] = []
    if let tier = machine.tier {
      if tier < required { reasons.append("the tier is \(tier.name), not \(required.name)") }
    } else {
      reasons.append("the tier is none, not \(required.name)")
    }
    for row in rows {
      guard let tier = row.check.tier, tier <= required else { continue }
      if case .behaves = row.result { continue }
      reasons.append(
        "\(row.check.name): \(row.result.word)\(row.result.detail.map { ", \($0)" } ?? "")")
    }
    return reasons
  }
}

extension Report {
  /// The report as a table, with a line for what differs or is missing.
  var text: String {
    let nameWidth = (rows.map(\.check.name.count).max() ?? 0) + 2
    var lines = [machine.text]
    for theme in KernelCheck.Theme.allCases {
      let themed = rows.filter { $0.check.theme == theme }
      guard !themed.isEmpty else { continue }
      let title = theme.rawValue.uppercased()
      lines.append(
        title.padded(to: nameWidth) + "present  behaves  since  without it")
      lines += themed.flatMap { $0.lines(nameWidth: nameWidth) } + [""]
    }
    lines.append(summary)
    return lines.joined(separator: "\n") + "\n"
  }

  private var summary: String {
    let words = ["behaves", "differs", "absent", "skipped"]
    let counts = words.map { word in "\(rows.count { $0.result.word == word }) \(word)" }
    return "\(rows.count) checks: \(counts.joined(separator: ", "))"
  }

  var json: JSON {
    .object(machine.json + [("checks", .array(rows.map(\.json)))])
  }
}

extension Report.Row {
  fileprivate func lines(nameWidth: Int) -> [String] {
    let present = result.isPresent.map { $0 ? "yes" : "no" } ?? "?"
    let behaves =
      switch result {
      case .behaves: "yes"
      case .differs: "NO"
      case .absent: "-"
      case .skipped: "?"
      }
    let row =
      check.name.padded(to: nameWidth) + present.padded(to: 9) + behaves.padded(to: 9)
      + check.introducedIn.padded(to: 7) + check.withoutIt
    return [row] + (result.detail.map { ["  \(result.word): \($0)"] } ?? [])
  }

  fileprivate var json: JSON {
    .object([
      ("name", .string(check.name)),
      ("theme", .string(check.theme.rawValue)),
      ("title", .string(check.title)),
      ("since", .string(check.introducedIn)),
      ("without", .string(check.withoutIt)),
      ("tier", JSON(check.tier?.name)),
      ("present", JSON(result.isPresent)),
      ("result", .string(result.word)),
      ("detail", JSON(result.detail)),
    ])
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(1, width - count))
  }
}
