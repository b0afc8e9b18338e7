// SPDX-License-Identifier: Apache-2.0

/// Why a check ends before its end.
enum Finding: Error, Hashable {
  case differs(String)
  case absent(String)
  case skipped(String)
}

/// Goes on where the kernel behaves as described.
///
/// - Parameters:
///   - behaves: Whether it does.
///   - otherwise: What it does instead.
/// - Throws: ``Finding/differs(_:)``.
func expect(_ behaves: Bool, _ otherwise: @autoclosure () -> String) throws(Finding) {
  guard behaves else { throw .differs(otherwise()) }
}
