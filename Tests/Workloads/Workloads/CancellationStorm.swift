// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Uring

extension World {
  /// Sessions of every kind in tasks that are cancelled at any moment.
  func runCancellationStorm() async {
    var numbers = scenario.numbers
    let width = numbers.within(2...10)
    let patience = numbers.within(10...3000)
    let cancelsServer = numbers.chance(50)
    // A server that is cancelled as a whole is followed by the next.
    repeat {
      let life = numbers.within(100...20_000)
      await withEcho(numbers.pick(EchoStyle.allCases), &numbers) { address, numbers in
        if !cancelsServer {
          return await crowd(width, &numbers) { numbers in
            await self.exchangeUntilCancelled(with: address, patience, &numbers)
          }
        }
        await crowdUntilCancelled(width, life, &numbers) { numbers in
          await self.exchange(with: address, &numbers)
        }
      }
    } while goesOn
  }

  /// A session whose task is cancelled after a while, unless it ends before.
  private func exchangeUntilCancelled(
    with address: SocketAddress, _ patience: Int, _ numbers: inout Numbers
  ) async {
    let start = numbers.branch()
    let loop = group.next()
    let session = task(on: loop) {
      var numbers = start
      await self.exchange(with: address, &numbers)
    }
    if numbers.chance(80) {
      await self.pause(microseconds: numbers.within(0...patience), on: loop)
      session.cancel()
    }
    await session.value
  }

  /// Runs a crowd and cancels it after a while.
  private func crowdUntilCancelled(
    _ width: Int, _ life: Int, _ numbers: inout Numbers,
    _ session: @escaping @Sendable (inout Numbers) async -> Void
  ) async {
    let start = numbers.branch()
    let everybody = task(on: group.loops[0]) {
      var numbers = start
      await self.crowd(width, &numbers, session)
    }
    await self.pause(microseconds: life, on: group.loops[0])
    everybody.cancel()
    await everybody.value
  }
}
