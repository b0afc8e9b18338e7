// SPDX-License-Identifier: Apache-2.0

internal import Uring

extension Operation {
  /// Whether a result above zero is a count of bytes of a socket or a file.
  var movesBytes: Bool {
    switch self {
    case .receive, .receiveMessage, .send, .sendMessage, .sendZeroCopy, .read, .readFile,
      .splice:
      true
    case .nop, .accept, .connect, .poll, .pollRemove, .cancel, .shutdown, .close, .message,
      .timeout, .linkTimeout:
      false
    }
  }
}
