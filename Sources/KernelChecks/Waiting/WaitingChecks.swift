// SPDX-License-Identifier: Apache-2.0

extension KernelCheck {
  static let waiting: [KernelCheck] = [
    waitTimeout, submitHidesTimeout, minimumWait, absoluteWait, waitClock, registeredWait,
    noIOWait, deferTaskrun, turnCap, coopTaskrun, singleIssuer, submitAll, shortSubmit,
    pollOnce, pollMultishot, pollLevel, pollUpdate, readMultishot, epollWait, busyPoll,
  ]
}
