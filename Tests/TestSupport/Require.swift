// SPDX-License-Identifier: Apache-2.0

/// `precondition` for what throws or suspends, in a process of its own.
package func require(
  _ holds: Bool, _ text: @autoclosure () -> String = "", line: UInt = #line
) {
  if !holds { fatalError("line \(line): \(text())") }
}
