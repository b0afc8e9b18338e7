// SPDX-License-Identifier: Apache-2.0

/// What a request may have, so that a peer cannot make memory grow.
struct ParserLimits {
  /// Bytes of a request line and its fields together; also of the trailer behind a chunked body.
  var headByteCount = 16_384
  var fieldCount = 100
  var bodyByteCount = 1 << 20
  /// Bytes of the line in front of a chunk.
  var chunkLineByteCount = 256
}
