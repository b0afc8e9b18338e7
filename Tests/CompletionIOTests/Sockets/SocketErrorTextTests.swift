// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing
import Uring

@testable import CompletionIO

/// What an error of a socket advises, for the address that it is about.
@Suite struct SocketErrorTextTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let (operation, errno, address): (SocketOperation, Errno, String)
    let (advice, absent): (String, String)

    init(
      _ operation: SocketOperation, _ errno: Errno, _ address: String, says advice: String,
      not absent: String
    ) {
      (self.operation, self.errno, self.address) = (operation, errno, address)
      (self.advice, self.absent) = (advice, absent)
    }

    var testDescription: String { "\(operation) \(errno) \(address)" }
  }

  static let rows = [
    // The file of a Unix-domain socket stays behind its server.
    Row(.bind, .addressInUse, "unix:/run/x", says: "remove it", not: "port"),
    Row(.bind, .addressInUse, "127.0.0.1:80", says: "choose another port", not: "file"),
    // Without IPv6 there is not even a socket, or no ::1.
    Row(.open, .addressFamilyNotSupported, "[::1]:80", says: "no IPv6", not: "addresses"),
    Row(.connect, .addressNotAvailable, "[::1]:80", says: "loopback", not: "source addresses"),
    Row(.connect, .addressNotAvailable, "192.0.2.1:80", says: "port is free", not: "loopback"),
    Row(.bind, .addressNotAvailable, "[::1]:80", says: "no interface", not: "port"),
    Row(.bind, .permissionDenied, "unix:/run/x", says: "folder", not: "1024"),
    Row(.bind, .permissionDenied, "127.0.0.1:80", says: "1024", not: "folder"),
    Row(.connect, .noSuchFileOrDirectory, "unix:/run/x", says: "no such file", not: "errno"),
    Row(.connect, .connectionRefused, "127.0.0.1:80", says: "nobody listens", not: "errno"),
  ]

  @Test(arguments: rows)
  func names(_ row: Row) throws {
    let error = SocketError(row.operation, row.errno, peer: try SocketAddress(parsing: row.address))
    #expect(error.advice.contains(row.advice), "\(error)")
    #expect(!error.advice.contains(row.absent), "\(error)")
    #expect("\(error)".contains(row.address))
  }

  /// The policy `.completion` tells that something would block after its last attempt only.
  @Test(arguments: [.resourceTemporarilyUnavailable, .nowInProgress, .alreadyInProcess] as [Errno])
  func wouldBlockNamesNoPolicyThatIsOn(_ errno: Errno) {
    for attempts in [1, 2, ResubmissionPolicy.attemptLimit - 1] {
      let error = SocketError(.send, errno, attempts: attempts)
      #expect(error.advice.contains("set the policy .completion"), "\(error)")
    }
    for attempts in [ResubmissionPolicy.attemptLimit, 1000] {
      let error = SocketError(.send, errno, attempts: attempts)
      #expect(error.advice.contains("would block") && !error.advice.contains("policy"), "\(error)")
    }
  }

  /// Whatever the kernel says, nobody is sent to a manual.
  @Test func noErrorIsAnsweredWithAReference() {
    for code in 1...133 as ClosedRange<Int32> {
      let error = SocketError(.receive, Errno(rawValue: code))
      #expect(!error.advice.contains("errno(3)") && !error.advice.isEmpty)
    }
  }

  /// Each call that may throw keeps room for an error in its task's frame: with errors of some 200
  /// bytes an idle connection with a task took 4.8 KB, with a reference it takes 2.0 KB.
  @Test("An error takes a word of a task's frame")
  func anErrorIsAReference() {
    #expect(MemoryLayout<SocketError>.size == MemoryLayout<Int>.size)
    let error = SocketError(.send, .brokenPipe, attempts: 2, byteCount: 3)
    #expect(error == SocketError(.send, .brokenPipe, attempts: 2, byteCount: 3))
    #expect(error != SocketError(.send, .brokenPipe, attempts: 2, byteCount: 4))
    #expect(Set([error]).contains(SocketError(.send, .brokenPipe, attempts: 2, byteCount: 3)))
  }
}
