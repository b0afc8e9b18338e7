// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// Look-ups on threads of their own.
@Suite(.timeLimit(.minutes(3))) struct ResolverThreadsTests {
  private final class Answers: Sendable {
    private let names = Mutex<[Int]>([])
    var all: [Int] { names.withLock { $0.sorted() } }
    func add(_ name: Int) { names.withLock { $0.append(name) } }
  }

  @Test func moreThanTheLimitWaitInLine() async {
    let (threads, gate, answers) = (ResolverThreads(limit: 2), Gate(), Answers())
    let lookups = (0..<5).map { name in
      HostLookup {
        gate.wait()
        return .success([])
      } completion: { _ in
        answers.add(name)
      }
    }
    for lookup in lookups { threads.start(lookup) }
    #expect(threads.counts == (2, 3))
    // One in line and one on a thread.
    threads.giveUp(lookups[3])
    #expect(threads.counts == (2, 2))
    threads.giveUp(lookups[0])
    #expect(threads.counts == (2, 2))
    gate.open()
    while threads.counts != (0, 0) { await Task.yield() }
    #expect(answers.all == [1, 2, 4])
  }

  @Test func theSystemKnowsThisMachineAndNoNonsense() throws {
    let addresses = try HostResolver.system.resolve("localhost", 80).get()
    #expect(addresses.contains(.loopback(port: 80)) || addresses.map(\.family) == [AF_INET6])
    for name in ["local\0host", "127.0.0.1:80"] {
      guard case .failure(let failure) = HostResolver.system.resolve(name, 80) else {
        Issue.record("\(name) has addresses")
        continue
      }
      #expect(failure.code == EAI_NONAME && failure.errno == .noSuchAddressOrDevice)
    }
  }

  @Test func anAnswerHasItsErrno() {
    #expect(
      ResolutionFailure(code: EAI_SYSTEM, systemErrno: .tooManyOpenFiles).errno
        == .tooManyOpenFiles)
    #expect(ResolutionFailure(code: EAI_AGAIN).errno == .resourceTemporarilyUnavailable)
    #expect(ResolutionFailure(code: EAI_MEMORY).errno == .noMemory)
    #expect(!ResolutionFailure(code: EAI_NONAME).text.isEmpty)
  }
}
