// SPDX-License-Identifier: Apache-2.0

/// A limit of the machine that is too low for a number of connections.
struct Shortage: Equatable, CustomStringConvertible {
  /// What is bounded, in words.
  let subject: String
  /// The setting's name; nil where there is none.
  let setting: String?
  /// What it is, and what it must be at least, in words.
  let present: String
  let needed: String
  /// What raises it; nil where no command does.
  let command: String?

  var description: String {
    let name = setting.map { "\(subject) (\($0))" } ?? subject
    let fact = "\(name): \(present), must be \(needed)"
    return command.map { "\(fact); raise it with: \($0)" } ?? fact
  }
}
