// SPDX-License-Identifier: Apache-2.0

import CompletionIO

/// A server of one's own: answers each line, a number, with the sum of all numbers so far.
enum SumServer {
  /// The time that a client has for each line.
  static let patience = Duration.seconds(60)

  /// Serves a connection until the client has ended.
  static func serve(_ connection: StreamConnection) async throws(SocketError) {
    var reader = ByteReader(connection)
    var sum = 0
    while try await reader.readLine(limit: 20, timeout: patience) {
      guard let number = String(validating: reader.element).flatMap({ Int($0) }) else { return }
      sum += number
      try await connection.send(Array("\(sum)\n".utf8))
    }
  }

  /// The same with a mistake that no quiet machine shows: it takes each piece of bytes for a line.
  static func serveCarelessly(_ connection: StreamConnection) async throws(SocketError) {
    var sum = 0
    while let piece = try await connection.receive(timeout: patience) {
      let line = String(validating: piece)?.split(separator: "\n").first
      guard let number = line.flatMap({ Int($0) }) else { return }
      sum += number
      try await connection.send(Array("\(sum)\n".utf8))
    }
  }
}

/// A client of the server.
enum SumClient {
  /// Sends numbers, each when the answer to the last has come.
  ///
  /// - Returns: The answers that have come, whether or not the connection has lasted.
  static func ask(
    _ numbers: [Int], at address: SocketAddress, on group: CompletionLoopGroup
  ) async -> [Int] {
    var answers: [Int] = []
    do {
      let connection = try await StreamConnection.connect(to: address, on: group)
      var reader = ByteReader(connection)
      for number in numbers {
        try await connection.send(Array("\(number)\n".utf8))
        guard try await reader.readLine(limit: 20, timeout: SumServer.patience),
          let answer = String(validating: reader.element).flatMap({ Int($0) })
        else { break }
        answers.append(answer)
      }
      await connection.close()
    } catch {
      // The answers that have come are what is looked at.
    }
    return answers
  }
}
