"use strict";
// The numbers of a history by short names in both languages. A test checks that none is missing.
const NUMBERS = {
  en: {
    d_loss: "D's loss", g_loss: "G's loss", penalty: "penalty", d_real: "D(real)", d_fake: "D(forged)",
    real_logit: "raw score of real", fake_logit: "raw score of forged", auc: "real told from forged (AUC)",
    g_gradient_norm: "G's gradient", d_gradient_norm: "D's gradient", distance: "distance to the data (MIND)",
    spread: "variety", class_spread: "variety within classes", cluster_spread: "variety within clusters",
    class_variance: "variance within classes", least_class: "class of least variance", missing: "kinds never drawn",
    out_of_reach: "values out of reach", corners: "fine dots", detail: "detail", variety: "variety of detail",
    dead_symbols: "symbols never written", tears: "columns torn apart", dead_levels: "levels never drawn",
    flat_columns: "flat columns", repeats: "repeated samples", copies: "copies of training samples",
    times_real: "times real", times_real_error: "error of times real", reconstruction: "distance to targets", perceptual: "distance to targets in features",
    contrast: "places confused", cycle: "lost there and back", identity: "targets changed", changed: "change of the source",
    agreement: "agreement with targets", leaked: "pairs among unpaired", jitter: "jitter", average_lag: "lag of the average", copied: "nearer to training than to held-out",
    g_change: "G's movement", d_change: "D's movement", d_rank: "directions that D uses", non_finite: "values that are no numbers",
    augment_p: "augmentation", held_out_gap: "held-out gap", frechet: "Fréchet distance", grown: "size of the pictures", second_d_loss: "second discriminator's loss",
    lr_scale: "learning rate", r1_gamma: "gamma of R1", samples_per_second: "samples per second",
    consonant: "consonant beats", chords: "distance of chords",
  },
  zh: {
    d_loss: "判别器损失", g_loss: "生成器损失", penalty: "惩罚项", d_real: "D（真）", d_fake: "D（假）",
    real_logit: "真样本的原始分数", fake_logit: "假样本的原始分数", auc: "分辨真假的能力（AUC）",
    g_gradient_norm: "生成器梯度", d_gradient_norm: "判别器梯度", distance: "与数据的距离（MIND）",
    spread: "多样性", class_spread: "类内多样性", cluster_spread: "簇内多样性",
    class_variance: "类内方差", least_class: "方差最小的类别", missing: "从未画出的种类",
    out_of_reach: "画不到的值", corners: "细点", detail: "细节", variety: "细节的多样性",
    dead_symbols: "从未写出的符号", tears: "列的撕裂", dead_levels: "从未出现的取值",
    flat_columns: "平坦的列", repeats: "重复的样本", copies: "照抄的样本",
    times_real: "真样本的倍数", times_real_error: "倍数的误差", reconstruction: "与目标的距离", perceptual: "与目标在特征里的距离",
    contrast: "位置混淆", cycle: "来回的损失", identity: "目标被改动", changed: "对原图的改动",
    agreement: "与目标的相合", leaked: "混进的配对", jitter: "抖动", average_lag: "平均的滞后", copied: "更近于训练样本的比例",
    g_change: "生成器的移动", d_change: "判别器的移动", d_rank: "判别器用到的方向", non_finite: "不是数的值",
    augment_p: "增广概率", held_out_gap: "留出差距", frechet: "Fréchet 距离", grown: "图片的大小", second_d_loss: "第二个判别器的损失",
    lr_scale: "学习率", r1_gamma: "R1 的 gamma", samples_per_second: "每秒样本数",
    consonant: "协和的拍", chords: "和弦的差异",
  },
};
// What can change along a direction of the latent space: its name, and the words for less and for more of it.
const TRAITS = {
  en: {
    brightness: ["brightness", "darker", "brighter"], contrast: ["contrast", "flatter", "more contrast"], ink: ["ink", "thinner", "thicker"],
    size: ["size", "smaller", "larger"], rightness: ["place", "further left", "further right"], height: ["height", "lower", "higher"],
    slant: ["slant", "leaning left", "leaning right"], width: ["width", "narrower", "wider"], colour: ["colour", "greyer", "more colourful"],
    warmth: ["warmth", "bluer", "redder"], length: ["length", "shorter", "longer"], pitch: ["pitch", "lower", "higher"], notes: ["notes", "fewer notes", "more notes"],
  },
  zh: {
    brightness: ["亮度", "更暗", "更亮"], contrast: ["反差", "更平", "反差更大"], ink: ["笔墨", "更细", "更粗"],
    size: ["大小", "更小", "更大"], rightness: ["左右", "更靠左", "更靠右"], height: ["高低", "更低", "更高"],
    slant: ["倾斜", "向左倾", "向右倾"], width: ["宽窄", "更窄", "更宽"], colour: ["色彩", "更灰", "更鲜艳"],
    warmth: ["冷暖", "更蓝", "更红"], length: ["长度", "更短", "更长"], pitch: ["音高", "更低", "更高"], notes: ["音符", "音符更少", "音符更多"],
  },
};
const UNITS_ZH = {
  nats: "奈特", probability: "概率", logit: "对数几率", ratio: "比值", share: "份额", index: "编号", correlation: "相关系数",
  cosine: "余弦", count: "个数", "per value": "每个值", "squared features": "特征的平方", "nats / slope²": "奈特 / 斜率²",
  "samples/s": "样本/秒", bits: "比特",
};
