// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Synchronization

/// What the server does with a request, whoever carries its bytes.
final class Service: Sendable {
  private let files: StaticFiles?
  private let hasBegunToEnd = Atomic(false)

  /// Makes a service.
  ///
  /// - Parameter files: What is served beside `/hello` and `/echo`.
  init(files: StaticFiles? = nil) {
    self.files = files
  }

  /// Has every answer from now on be the last of its connection.
  func beginToEnd() {
    hasBegunToEnd.store(true, ordering: .relaxed)
  }

  /// Answers a request.
  func answer(to request: Request) -> Answer {
    let head = request.head
    let isLast = !head.keepsAlive || hasBegunToEnd.load(ordering: .relaxed)
    return response(to: request).answer(
      isLast: isLast, hasBody: head.method != "HEAD", minorVersion: head.minorVersion)
  }

  /// Tells that a request is refused, behind which the connection ends.
  func answer(to error: RequestError) -> Answer {
    Response(error.status, error.reason).answer(isLast: true)
  }

  private static let knownMethods: Set = [
    "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE",
  ]

  private func response(to request: Request) -> Response {
    let method = request.head.method
    guard Self.knownMethods.contains(method) else { return Response(.notImplemented) }
    let path: RequestPath
    do throws(RequestError) {
      path = try RequestPath(target: request.head.target)
    } catch {
      return Response(error.status, error.reason)
    }
    let isRead = method == "GET" || method == "HEAD"
    switch path.segments {
    case ["hello"]:
      guard isRead else { return Response(.methodNotAllowed, allowed: "GET, HEAD") }
      return Response(.bytes(Array("Hello, world!\n".utf8)), contentType: "text/plain")
    case ["echo"]:
      guard method == "POST" else { return Response(.methodNotAllowed, allowed: "POST") }
      let type = request.head.values(of: "content-type").first
      return Response(.bytes(request.body), contentType: type ?? "application/octet-stream")
    default:
      guard let files else { return Response(.notFound) }
      guard isRead else { return Response(.methodNotAllowed, allowed: "GET, HEAD") }
      return Self.response(with: path, of: files)
    }
  }

  private static func response(with path: RequestPath, of files: StaticFiles) -> Response {
    do throws(Errno) {
      guard let file = try files.open(path.segments) else { return Response(.notFound) }
      return Response(.file(file), contentType: contentType(of: path.segments.last ?? ""))
    } catch {
      return Response(.unavailable)
    }
  }

  private static func contentType(of name: String) -> String {
    switch name.split(separator: ".").last {
    case "html": "text/html; charset=utf-8"
    case "css": "text/css; charset=utf-8"
    case "js": "text/javascript; charset=utf-8"
    case "json": "application/json"
    case "txt", "md": "text/plain; charset=utf-8"
    case "png": "image/png"
    case "jpg", "jpeg": "image/jpeg"
    case "svg": "image/svg+xml"
    default: "application/octet-stream"
    }
  }
}
