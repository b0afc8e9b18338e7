// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Testing

@testable import ShadowsocksRelay

/// Look-ups that a test answers.
struct HeldLookUps: Sendable {
  /// A look-up that has not ended.
  struct Question: Sendable {
    let name: String
    let port: UInt16
    let timeout: Duration
    fileprivate let continuation: AsyncStream<SocketAddress>.Continuation

    func answer(_ address: SocketAddress) {
      continuation.yield(address)
    }

    /// Ends the look-up as one that was cancelled.
    func refuse() {
      continuation.finish()
    }
  }

  private let questions: AsyncStream<Question>
  private let continuation: AsyncStream<Question>.Continuation

  init() {
    (questions, continuation) = AsyncStream.makeStream(of: Question.self)
  }

  var lookUp: NameLookUp {
    { [continuation] name, port, _, timeout throws(SocketError) in
      let (answers, answering) = AsyncStream.makeStream(of: SocketAddress.self)
      continuation.yield(
        Question(name: name, port: port, timeout: timeout, continuation: answering))
      guard let address = await answers.next() else {
        throw SocketError(.resolve, .canceled, cause: .cancellation, host: name)
      }
      return [address]
    }
  }

  /// Waits for a look-up.
  func next() async throws -> Question {
    try #require(await questions.next())
  }
}
