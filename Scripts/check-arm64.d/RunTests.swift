// SPDX-License-Identifier: Apache-2.0

import Testing

/// Runs the tests of all modules that are linked into this program; its options are those of
/// `swift test`.
@main
struct RunTests {
  static func main() async {
    await Testing.__swiftPMEntryPoint() as Never
  }
}
