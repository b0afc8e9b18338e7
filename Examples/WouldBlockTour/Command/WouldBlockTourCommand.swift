// SPDX-License-Identifier: Apache-2.0

import WouldBlockTour

/// Tells what accept, recv, send and connect do when they would block, on sockets of this machine.
@main
enum WouldBlockTourCommand {
  static func main() async throws {
    var narration = Narration { print($0) }
    try await Tour.run(telling: &narration)
  }
}
