// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Synchronization
import Uring

extension World {
  /// Drains the group at any step of a server and its clients: nobody is cut off.
  func runGracefulShutdown() async {
    var numbers = scenario.numbers
    let drain = Mutex<Task<Void, Never>?>(nil)
    ledger.when(begun: numbers.within(1...max(2, scenario.operationCount * 3 / 4))) { [self] in
      let task = task(on: group.loops[0]) { await self.drainGroup() }
      drain.withLock { $0 = task }
    }
    let width = numbers.within(1...8)
    let style = numbers.pick([EchoStyle.borrowing, .giving, .copying])
    // By `serve`, because others may leave a connection to itself: a task that accepts may give up,
    // and a handler is not called again behind a receive that its policy has shown to block.
    await withServer(.serving) { endpoint in
      await self.echo(to: endpoint, style)
    } _: { address in
      await crowd(width, &numbers, while: { drain.withLock { $0 == nil } }) { numbers in
        await self.exchange(with: address, &numbers)
      }
    }
    await drain.withLock { $0 }?.value
  }

  /// Drains with a grace that is longer than all that clients do.
  private func drainGroup() async {
    do throws(LoopError) {
      let leftCount = try await group.drain(grace: .seconds(36_000))
      if leftCount > 0 { ledger.violation("\(leftCount) connections were left of a drain") }
    } catch {
      ledger.check(error, circumstances)
    }
  }
}
