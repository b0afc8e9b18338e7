// SPDX-License-Identifier: Apache-2.0

import Testing

/// Every file of code names its licence, for those who scan what they depend on.
@Suite struct LicenseTests {
  private static let identifier = "SPDX-License-Identifier: Apache-2.0"

  @Test func everyFileNamesItsLicense() {
    let folders = [
      "CLiburing", "Sources", "Tests", "Examples", "Snippets", "Benchmarks/Sources", "Scripts",
    ]
    let files =
      Tree.files(in: folders, extensions: ["swift", "h", "c", "py"])
      + Tree.files(in: ["Scripts"], extensions: [""])
    #expect(files.count > 1000)
    let nameless = files.filter { file in
      !file.lines.prefix(3).contains { $0.hasSuffix(Self.identifier) }
    }
    #expect(nameless.map(\.path) == [])
  }
}
