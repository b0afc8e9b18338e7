// SPDX-License-Identifier: Apache-2.0

import CompletionIO

/// The server that knows the answers.
struct Upstream: Sendable {
  let address: SocketAddress
  /// How long it may take to answer, before it is asked once more, and then before it has failed.
  var patience = Duration.seconds(2)

  static let attemptCount = 2

  /// Asks a question, and once more if there is no answer.
  ///
  /// Each attempt has a socket and a number of its own, so that nobody can guess which port and
  /// which number a forged answer would need.
  ///
  /// - Returns: The answer; `nil` if there is none.
  func answer(to question: Question, on loop: CompletionLoop) async -> Answer? {
    for _ in 0..<Self.attemptCount {
      do throws(SocketError) {
        let socket = try await DatagramSocket.connect(to: address, on: loop)
        let answer = await attempt(question, on: socket)
        await socket.close()
        if let answer { return answer }
      } catch {
        // No descriptor, or no way there: as good as no answer.
        continue
      }
    }
    return nil
  }

  private func attempt(_ question: Question, on socket: DatagramSocket) async -> Answer? {
    let id = UInt16.random(in: .min ... .max)
    let deadline = socket.loop.now + patience
    do throws(SocketError) {
      try await socket.send(Query.Asking.upstreamQuery(question, id: id))
      while let datagram = try await socket.receive(until: deadline) {
        let bytes = datagram.withBytes { [UInt8](copying: $0) }
        // What is no answer to this may be one to an earlier question, or a forgery.
        if let answer = Answer(bytes, to: question, id: id) { return answer }
      }
    } catch {
      // Nobody is there, or it has taken too long.
      return nil
    }
    return nil
  }
}
