// SPDX-License-Identifier: Apache-2.0

import Uring

/// What a kernel has and what it lacks, for people to read.
struct FeatureTable {
  private let features: KernelFeatures

  /// Prepares a table.
  ///
  /// - Parameter features: Those that the kernel has.
  init(_ features: KernelFeatures) {
    self.features = features
  }

  /// A line for each feature that there is, in the order of their declaration, and a summary.
  var lines: [String] {
    let all = KernelFeature.allCases
    let width = (all.map(\.rawValue.count).max() ?? 0) + 2
    let rows = all.map { feature in
      let name = feature.rawValue
      let gap = String(repeating: " ", count: width - name.count)
      let answer = features.contains(feature) ? "yes" : "no "
      return "\(name)\(gap)\(answer)  since Linux \(feature.introducedIn)"
    }
    return rows + ["\(features.all.count) of \(all.count) features, tier: \(features.tier)"]
  }
}
