// SPDX-License-Identifier: Apache-2.0

import CompletionIO

@main
struct Chat {
  static func main() async throws {
    let group = try CompletionLoopGroup(count: 1)
    let listener = try await StreamListener.bind(to: "127.0.0.1:7001", on: group)
    await listener.close()
    await group.close()
  }
}
