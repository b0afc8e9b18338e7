// SPDX-License-Identifier: Apache-2.0

import Dispatch
import NIOConcurrencyHelpers
import NIOCore
import NIOUring
import Testing

@Suite struct ShutdownTests {
  @Test func whoAsksForTheEndIsToldInOrder() async throws {
    for _ in 0..<20 {
      let group = try UringEventLoopGroup(numberOfThreads: 2)
      let order = NIOLockedValueBox<[Int]>([])
      let queue = DispatchQueue(label: "in order")
      await withCheckedContinuation { (all: CheckedContinuation<Void, Never>) in
        for number in 0..<4 {
          group.shutdownGracefully(queue: queue) { _ in
            let count = order.withLockedValue { order in
              order.append(number)
              return order.count
            }
            if count == 4 { all.resume() }
          }
        }
      }
      #expect(order.withLockedValue { $0 } == [0, 1, 2, 3])
      // And behind the end at once.
      try await group.shutdownGracefully()
    }
  }
}
