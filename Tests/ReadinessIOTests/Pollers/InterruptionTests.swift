// SPDX-License-Identifier: Apache-2.0

import Glibc
import ReadinessIO
import SystemPackage
import TestSupport
import Testing

@Suite("Interrupted waits", .timeLimit(.minutes(3)))
struct InterruptionTests {
  // In a process of its own, because a signal's action is the process's.
  @Test("A signal ends a wait, and is told")
  func told() async {
    await #expect(processExitsWith: .success) {
      for kind in PollerKind.allCases { try interruptWaits(kind) }
    }
  }

  @Test("A wait that nothing interrupts is not interrupted", arguments: PollerKind.allCases)
  func notTold(kind: PollerKind) throws {
    // On a thread of its own, so that no other ring has work for it.
    try onOtherThread {
      do {
        let poller = try kind.make()
        let channel = try Channel.stream()
        for round in 0..<50 {
          let register = round == 0 ? poller.register : poller.modify
          try register(channel.near, 7, .readable, .level)
          var events: [ReadinessEvent] = []
          let time = Duration.microseconds(round * 20)
          #expect(try !poller.waitOnce(into: &events, timeout: time, limit: nil))
          #expect(events == [])
        }
      } catch {
        Issue.record(error)
      }
    }
  }
}

/// Interrupts a wait that also hands polls over, for a new registration and for a changed one, and
/// one that has nothing to hand over.
private func interruptWaits(_ kind: PollerKind) throws {
  let watched = WatchedThread()
  let waiting = try TestThread {
    do {
      takeInterruptions()
      let poller = try kind.make()
      let channel = try Channel.stream()
      var events: [ReadinessEvent] = []
      for round in 0..<3 {
        switch round {
        case 0: try poller.register(channel.near, token: 7, interest: .readable, mode: .level)
        case 1: try poller.modify(channel.near, token: 7, interest: .readable, mode: .edge)
        default: break
        }
        watched.isAboutToSleep()
        var answer: Errno?
        do throws(Errno) {
          // Ends by itself, so that a signal that is not told fails the test.
          _ = try poller.waitOnce(into: &events, timeout: .seconds(10), limit: nil)
        } catch {
          answer = error
        }
        require(answer == .interrupted, "\(kind) in round \(round): \(answer as Any), \(events)")
      }
    } catch {
      fatalError("\(kind): \(error)")
    }
  }
  for _ in 0..<3 {
    watched.waitUntilAsleep()
    waiting.interrupt(with: SIGUSR1)
  }
  waiting.join()
}
