// SPDX-License-Identifier: Apache-2.0

/// What the arguments of the command ask for.
struct ChatOptions: Equatable {
  static let usage = "usage: Chat [--port N]"

  /// The port to listen on; 0 lets the kernel choose.
  var port: UInt16 = 7001

  /// Reads arguments; `nil` if they are not those of the command.
  ///
  /// - Parameter arguments: Without the program's name.
  init?(_ arguments: some Sequence<String>) {
    var rest = arguments.makeIterator()
    while let name = rest.next() {
      guard name == "--port", let number = rest.next().flatMap(UInt16.init) else { return nil }
      port = number
    }
  }
}
