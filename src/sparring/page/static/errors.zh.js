"use strict";
// What the server answers when something cannot be done, in Chinese: patterns of its English messages.
const ERRORS_ZH = [
  [/^a number is no longer finite: start again, with lower learning rates\.$/, "有数值不再有限：请调低学习率，重新开始。"],
  [/^no game is in progress: start one\.$/, "没有正在进行的博弈：请重新开始。"],
  [/^data: expected one of .*, or ([\d,]+) to ([\d,]+) points \[x, y\]\.$/, "需要 {1} 到 {2} 个点。"],
  [/^(\w+) = (.+): expected a finite number of at least (.+)\.$/, "{1} 不能是 {2}：应为不小于 {3} 的数。"],
  [/^(\w+) = (.+): expected a whole number of at least (.+)\.$/, "{1} 不能是 {2}：应为不小于 {3} 的整数。"],
  [/^(\w+) = (.+): expected a (?:whole )?number from (.+) to (.+)\.$/, "{1} 不能是 {2}：应在 {3} 到 {4} 之间。"],
  [/^(\w+) = (.+): expected (?:a whole number|a number)\.$/, "{1} 不能是 {2}。"],
  [/^label (\d+): expected 0 to (\d+)\.$/, "类别 {1} 不存在：应为 0 到 {2}。"],
  [/^no (?:complete )?checkpoint in .+\. /, "这里没有完整的检查点，所以无法绘制。"],
  [/^this is no picture that can be read: .+\.$/, "这个文件不是可以读取的图片。"],
  [/^(?:cannot draw that: )?expected at most (\d+) MB, and more came: send less$/, "内容太大：最多 {1} MB。"],
  [/^the sources of this run cannot be read again here/, "无法再次读取这次训练的原图，所以没有可转换的内容。"],
  [/^config\.toml is missing$/, "缺少 config.toml。"],
  [/^there is no such run, picture or page\s*$/, "没有这次训练或这张图片。"],
  [/^.+: 404$/, "没有这次训练或这张图片。"],
];
