//! Every word that the page says itself, in every language it speaks.

/// The page's languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lang {
    /// English
    En,
    /// 简体中文
    Zh,
}

impl Lang {
    /// The value of `lang` on the root element.
    pub fn tag(self) -> &'static str {
        match self {
            Lang::En => "en",
            Lang::Zh => "zh-CN",
        }
    }

    /// The language of that tag; English for any that the page does not speak.
    pub fn tagged(tag: &str) -> Self {
        if tag.starts_with("zh") { Lang::Zh } else { Lang::En }
    }

    /// The language in which the core writes.
    pub fn core(self) -> lifepod_timeline::Lang {
        match self {
            Lang::En => lifepod_timeline::Lang::En,
            Lang::Zh => lifepod_timeline::Lang::Zh,
        }
    }

    /// The other one.
    pub fn other(self) -> Self {
        match self {
            Lang::En => Lang::Zh,
            Lang::Zh => Lang::En,
        }
    }

    /// The page's words in this language.
    pub fn words(self) -> &'static Words {
        match self {
            Lang::En => &EN,
            Lang::Zh => &ZH,
        }
    }
}

macro_rules! words {
    ($($name:ident: $en:literal, $zh:literal;)*) => {
        /// The page's words, by what they are for.
        pub struct Words { $(#[doc = $en] pub $name: &'static str,)* }
        const EN: Words = Words { $($name: $en,)* };
        const ZH: Words = Words { $($name: $zh,)* };
    };
}

words! {
    play: "Play (Space)", "播放（空格）";
    pause: "Pause (Space)", "暂停（空格）";
    speed: "speed", "速度";
    seed: "seed", "种子";
    seed_hint: "Seeds the delays that a real cluster takes at random", "决定真实集群中随机延迟的种子";
    horizon: "How far the simulation runs", "模拟的时长";
    horizon_auto: "auto", "自动";
    language: "中文", "English";
    theme_auto: "Colours: as the system has them", "配色：跟随系统";
    theme_light: "Colours: light", "配色：浅色";
    theme_dark: "Colours: dark", "配色：深色";
    help: "Keys and help (?)", "快捷键与帮助（?）";
    editor: "Kubernetes manifests in YAML", "Kubernetes 清单（YAML）";
    default_is: "default:", "默认：";
    lints: "hints", "提示";
    lints_title: "What lifepod remarks on, beside what a cluster would say", "除集群本身的报错外，lifepod 还会提示：";
    lint_silence: "Do not remark on this", "不再提示";
    no_errors: "no errors", "没有错误";
    starting: "starting…", "正在启动…";
    too_slow: "This run took too long and was stopped; the timeline shows the last one that ended.",
        "这次模拟耗时过长，已停止；时间线显示的是上一次完成的结果。";
    crashed: "The simulator failed on this text and was started anew. Please report it, with the text:",
        "模拟器处理这段文本时出错，已重新启动。请附上文本反馈：";
    cut_short: "More happened than a page can hold: the run ends early.", "事件太多，模拟提前结束。";
    not_kept: "This text is too large to be kept for the next visit.", "文本过大，无法保存到下次访问。";
    timeline: "Timeline", "时间线";
    empty: "Paste a manifest on the left: a Pod is enough.", "在左侧粘贴一份清单，一个 Pod 就够了。";
    tab_why: "Why", "原因";
    tab_events: "Events", "事件";
    tab_yaml: "YAML", "YAML";
    tab_describe: "Describe", "详情";
    tab_logs: "Logs", "日志";
    inspector: "At the cursor", "光标处";
    at_cursor: "at the cursor", "光标处";
    previous_next: "previous / next", "上一条 / 下一条";
    why_hint: "Select anything on the timeline, or press . and , to go from one thing that happened to the next; the chain of its causes is told here.",
        "在时间线上选中任意一项，或按 . 和 , 逐条前后移动；这里会讲述它的因果链。";
    nothing_yet: "Nothing here at this time.", "此刻还没有内容。";
    help_title: "Reading a pod's life", "读懂 Pod 的一生";
    help_intro: "The manifest on the left is run in a simulated cluster. Move the cursor to any instant; below is what kubectl would say then.",
        "左侧的清单会在模拟集群中运行。把光标移到任意时刻，下方就是那一刻 kubectl 的输出。";
    help_scrub: "a step back or forward; with Shift, ten", "后退或前进一步；按住 Shift 为十步";
    help_entry: "the previous or next thing that happened", "上一条或下一条记录";
    help_ends: "the beginning or the end", "开头或结尾";
    help_tenths: "to that tenth of the timeline", "跳到时间线的几分之十处";
    help_play: "play or pause", "播放或暂停";
    help_zoom: "closer or further; also Ctrl and the wheel, or the wheel on the times", "放大或缩小；也可按住 Ctrl 滚轮，或在时间轴上滚动";
    help_pan: "to the left or right; also Shift and the wheel", "左移或右移；也可按住 Shift 滚轮";
    help_fit: "everything", "显示全部";
    help_tabs: "Events, YAML, Logs", "事件、YAML、日志";
    help_complete: "in the editor: what can be typed here", "在编辑器中：可以输入什么";
    help_hover: "in the editor: about the field at the text cursor", "在编辑器中：光标处字段的说明";
    help_finding: "in the editor: the next finding", "在编辑器中：下一处问题";
    help_fix: "in the editor: mend the finding at the text cursor", "在编辑器中：修复光标处的问题";
    help_leave: "then Tab leaves the editor", "再按 Tab 离开编辑器";
    help_help: "this help", "显示本帮助";
    default: "(default)", "（默认）";
    close: "Close", "关闭";
}
