// SPDX-License-Identifier: Apache-2.0

import CompletionIO

/// Why a request was not answered.
enum ClientError: Error, Equatable {
  /// Nobody listens there.
  case refused(HTTPHost)
  /// The name has no addresses, or could not be looked up.
  case unresolved(HTTPHost, why: String)
  /// The request took too long, its retries included.
  case deadline(Duration)
  /// The connection has ended in the middle of the exchange.
  case lost(why: String)
  /// What has come is not a response of HTTP/1.1 or HTTP/1.0.
  case badResponse(String)
  /// Something else of the machine or the network.
  case failed(why: String)

  /// Says what a failure of a socket is to who asked for a page.
  ///
  /// - Parameters:
  ///   - error: The failure.
  ///   - host: The server that was asked.
  ///   - timeout: How long the request was allowed to take.
  init(_ error: SocketError, of host: HTTPHost, timeout: Duration) {
    switch (error.cause, error.errno) {
    case (.timeout, _): self = .deadline(timeout)
    case (.unresolved, _): self = .unresolved(host, why: error.resolution?.text ?? "no addresses")
    case (.kernel, .connectionRefused): self = .refused(host)
    case (.endOfStream, _): self = .lost(why: "the server has ended it")
    case (.kernel, .connectionReset), (.kernel, .brokenPipe):
      self = .lost(why: "the server has reset it")
    case (.tooLong, _): self = .badResponse("a line of its head is too long")
    default: self = .failed(why: "\(error)")
    }
  }
}

extension ClientError: CustomStringConvertible {
  /// What has happened, in one line.
  var description: String {
    switch self {
    case .refused(let host): "refused: nobody listens at \(host.name), port \(host.port)"
    case .unresolved(let host, let why): "the name \(host.name) cannot be looked up: \(why)"
    case .deadline(let timeout): "deadline: no whole answer within \(timeout)"
    case .lost(let why): "the connection was lost: \(why)"
    case .badResponse(let why): "bad response: \(why)"
    case .failed(let why): why
    }
  }
}
