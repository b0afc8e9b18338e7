// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import Glibc
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// Sockets that the service manager has opened.
// One at a time: some keep a thread of the concurrency pool waiting for a process of their own.
@Suite(.serialized, .timeLimit(.minutes(3))) struct InheritedSocketTests {
  struct Row: Sendable {
    let environment: [String: String]
    /// `nil` for what makes no sense.
    let names: [String]?

    init(_ process: String?, _ count: String?, _ list: String? = nil, names: [String]?) {
      var environment: [String: String] = [:]
      environment["LISTEN_PID"] = process
      environment["LISTEN_FDS"] = count
      environment["LISTEN_FDNAMES"] = list
      self.environment = environment
      self.names = names
    }
  }

  @Test(arguments: [
    Row(nil, nil, names: []), Row("42", nil, names: []), Row(nil, "1", names: []),
    Row("42", "0", names: []), Row("42", "0", "", names: []), Row("43", "2", names: []),
    Row("42", "2", names: ["unknown", "unknown"]), Row("42", "1", "web", names: ["web"]),
    Row("42", "3", "web::admin", names: ["web", "", "admin"]),
    Row("42", "2", "web", names: nil), Row("42", "1", "web:admin", names: nil),
    Row("x", "1", names: nil), Row("42", "-1", names: nil), Row("42", "x", names: nil),
    Row("0", "1", names: nil), Row("42", "2147483647", names: nil),
  ])
  func theEnvironmentIsRead(_ row: Row) {
    let read = Result { () throws(SocketError) in
      try InheritedDescriptors(row.environment, processID: 42).names
    }
    switch read {
    case .success(let names): #expect(names == row.names)
    case .failure(let error):
      #expect(row.names == nil && error.cause == .badValue && error.errno == .invalidArgument)
    }
  }

  @Test func listenersServeAndOthersAreHandedOver() async throws {
    await #expect(processExitsWith: .success) {
      // Nobody in this process has numbers as high, so they are in a row.
      let made = [
        try RawSocket.listening(isNonblocking: true), try RawSocket.open(AF_INET, SOCK_DGRAM),
      ]
      for (index, descriptor) in made.enumerated() {
        require(dup2(descriptor.rawValue, 500 + Int32(index)) >= 0)
        try descriptor.close()
      }
      let group = try CompletionLoopGroup(count: 2)
      let inherited = try InheritedDescriptors(
        ["LISTEN_PID": "7", "LISTEN_FDS": "2", "LISTEN_FDNAMES": "web:dns"], processID: 7)
      let sockets = try await StreamListener.adopt(inherited, from: 500, on: group)
      require(sockets.map(\.name) == ["web", "dns"])
      require(sockets.map(\.descriptor.rawValue) == [500, 501])
      require(sockets.map { $0.listener == nil } == [false, true])
      require(fcntl(501, F_GETFD) == FD_CLOEXEC)
      if let listener = sockets[0].listener {
        let client = try await StreamConnection.connect(to: listener.localAddress, on: group.next())
        let accepted = try await listener.accept()
        try await client.send([1])
        require(try await accepted.receive(atMost: 1) == [1])
      }
      // One more than there are.
      let tooMany = try InheritedDescriptors(
        ["LISTEN_PID": "7", "LISTEN_FDS": "1"], processID: 7)
      let error = await failure { () async throws(SocketError) in
        _ = try await StreamListener.adopt(tooMany, from: 502, on: group)
      }
      require(error?.errno == .badFileDescriptor && error?.cause == .unsuitable)
      await group.close()
    }
  }

  @Test func theVariablesAreTaken() async {
    await #expect(processExitsWith: .success) {
      unsafe setenv("LISTEN_PID", "1", 1)
      unsafe setenv("LISTEN_FDS", "2", 1)
      let group = try CompletionLoopGroup(count: 1)
      // For another process.
      let sockets = try await StreamListener.inherited(on: group)
      require(sockets.isEmpty)
      require(unsafe getenv("LISTEN_PID") == nil && getenv("LISTEN_FDS") == nil)
      await group.close()
    }
  }
}
