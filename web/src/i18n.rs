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

    /// The page's language that the core writes as this one.
    pub fn of_core(lang: lifepod_timeline::Lang) -> Self {
        match lang {
            lifepod_timeline::Lang::En => Lang::En,
            lifepod_timeline::Lang::Zh => Lang::Zh,
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
    next_theme: "Light, dark, or as the system has it", "浅色、深色，或跟随系统";
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
    rest_awaited: "A part of lifepod is not loaded yet: this text is simulated as soon as you are online.",
        "lifepod 还有一部分没有加载：恢复联网后会立即模拟这段文本。";
    rest_missing: "A part of lifepod could not be loaded. What you have written is kept: see whether you are online, then reload the page.",
        "lifepod 有一部分未能加载。您写的内容已保存：请检查网络连接，然后重新加载页面。";
    reload: "Reload the page", "重新加载页面";
    cut_short: "More happened than a page can hold: the run ends early.", "事件太多，模拟提前结束。";
    not_kept: "This text is too large to be kept for the next visit.", "文本过大，无法保存到下次访问。";
    timeline: "Timeline", "时间线";
    empty: "Paste a manifest into the editor, or what kubectl get pod -o yaml printed: a Pod is enough.",
        "在编辑器中粘贴一份清单，或 kubectl get pod -o yaml 的输出：一个 Pod 就够了。";
    stale: "Shown: the last text that could run", "当前显示的是上一份能运行的文本";
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
    why_back: "About this example", "关于这个示例";
    nothing_yet: "Nothing here at this time.", "此刻还没有内容。";
    help_title: "Reading a pod's life", "读懂 Pod 的一生";
    help_intro: "The manifest is run in a simulated cluster. Move the cursor to any instant, and kubectl says what it would say then.",
        "清单会在模拟集群中运行。把光标移到任意时刻，就能看到那一刻 kubectl 的输出。";
    help_touch: "With fingers: a tap selects, a drag moves the cursor, two fingers zoom, a long press asks what if.",
        "触屏：轻点选中，拖动移动光标，双指缩放，长按打开“假如”菜单。";
    help_scrub: "a step back or forward; with Shift, ten", "后退或前进一步；按住 Shift 为十步";
    help_entry: "the previous or next thing that happened", "上一条或下一条记录";
    help_ends: "the beginning or the end", "开头或结尾";
    help_tenths: "to that tenth of the timeline", "跳到时间线的几分之十处";
    help_play: "play or pause; slower, faster", "播放或暂停；减速、加速";
    help_zoom: "closer or further; also Ctrl and the wheel, or the wheel on the times", "放大或缩小；也可按住 Ctrl 滚轮，或在时间轴上滚动";
    help_pan: "to the left or right; also Shift and the wheel", "左移或右移；也可按住 Shift 滚轮";
    help_fit: "everything; with quiet times folded or not", "显示全部；折叠或展开安静时段";
    help_tabs: "Events, YAML, Logs", "事件、YAML、日志";
    help_complete: "in the editor: what can be typed here", "在编辑器中：可以输入什么";
    help_hover: "in the editor: about the field at the text cursor", "在编辑器中：光标处字段的说明";
    help_finding: "in the editor: the next finding", "在编辑器中：下一处问题";
    help_fix: "in the editor: mend the finding at the text cursor", "在编辑器中：修复光标处的问题";
    help_leave: "then Tab leaves the editor", "再按 Tab 离开编辑器";
    help_landmark: "the previous or next turning point", "上一个或下一个转折点";
    help_lanes: "choose a lane, open or close it, pin it to the top", "选择泳道、展开或收起、置顶";
    help_menu: "what if: faults and commands for the lane; also a right click", "假如：对该对象注入故障或执行命令；也可右键点击";
    help_measure: "with a drag: measure a time; Alt and a drag moves the view", "按住拖动：测量时长；按住 Alt 拖动平移";
    help_undo: "take back the last change, or do it again; compare with this run; both in full", "撤销上次修改、重做；与当前运行比较；两者完整并列";
    help_try: "try what would have changed it, and compare", "尝试“怎样才会不同”中的第一项并比较";
    tried: "Tried; u takes it back:", "已尝试，按 u 撤销：";
    help_palette: "examples; everything else by its name", "示例；按名称查找所有功能";
    filter: "filter lanes", "筛选泳道";
    differs: "differs from", "分歧始于";
    what_if: "What if, at the cursor …", "假如在光标时刻……";
    what_if_short: "What if", "假如";
    pin: "Pin to the top, or unpin", "置顶或取消置顶";
    only: "Show only", "只显示";
    pod_dns: "DNS does not answer the pod for 1 min", "DNS 对该 Pod 无应答 1 分钟";
    node_proxy: "The node's proxy stops for 1 min", "节点的代理停止 1 分钟";
    network_slow: "The network is slow for 1 min", "网络变慢 1 分钟";
    network_dns: "DNS does not answer for 1 min", "DNS 无应答 1 分钟";
    sandbox_dies: "The pod's sandbox dies", "Pod 沙箱消失";
    kill_process: "the process is killed", "杀死进程";
    oom: "out of memory", "内存耗尽（OOM）";
    freeze: "frozen for 30 s", "冻结 30 秒";
    image_missing: "the image is gone from the registry", "镜像从仓库中消失";
    node_partition: "The node is cut off for 6 min", "节点断网 6 分钟";
    node_kubelet: "The kubelet stops for 6 min", "kubelet 停止 6 分钟";
    node_power: "The node loses its power", "节点断电";
    node_disk: "The node's disk fails for 6 min", "节点磁盘故障 6 分钟";
    node_freeze: "The node freezes for 2 min", "节点卡死 2 分钟";
    node_shutdown: "The node shuts down in order", "节点正常关机";
    palette: "Commands", "命令";
    palette_hint: "Type what you want to do …", "输入你想做的事……";
    gallery: "Examples", "示例";
    gallery_intro: "Each is a scenario that the project's own tests run: open one, press . to go through what happens, and read why below the timeline.",
        "每个示例都是本项目测试所运行的场景：打开一个，按 . 逐条查看发生的事，并在时间线下方阅读原因。";
    tour: "Guided tour", "导览";
    tour_intro: "A story about one pod after another: each chapter is some two minutes, and the first one shows the page.",
        "一个接一个 Pod 的故事：每章约两分钟，第一章带你认识这个页面。";
    tour_offer: "New here? Take the tour", "第一次来？开始导览";
    tour_leave: "Leave the tour", "退出导览";
    back: "Back", "上一步";
    next: "Next", "下一步";
    next_chapter: "Next: ", "下一章：";
    try_it: "Try it:", "试一试：";
    help_tour: "in the tour: the previous or next step", "导览中：上一步或下一步";
    gallery_search: "Search: prestop, oom, drain …", "搜索：prestop、oom、drain……";
    gallery_none: "No chapter and no example has these words.", "没有含这些词的章节或示例。";
    gallery_questions: "Questions people ask", "大家常问的问题";
    gallery_patterns: "Patterns", "常见模式";
    gallery_states: "How containers end, by restart policy", "容器如何结束：各种重启策略";
    open_file: "Or open a file of manifests (it may also be dropped on the page):", "或打开清单文件（也可拖放到页面）：";
    share: "Share this run", "分享这次运行";
    share_short: "Share", "分享";
    share_intro: "The link holds everything: the text, the seed, the cursor and the view. No server keeps it.",
        "链接包含一切：文本、种子、光标和视图。没有服务器保存它。";
    copy_link: "Copy link", "复制链接";
    copy_markdown: "Copy as Markdown", "复制为 Markdown";
    copy_issue: "Copy as issue text", "复制为问题报告";
    save_yaml: "YAML file", "YAML 文件";
    long_link: "This link is long: some programs cut it. A file is safer.", "链接很长，有些程序会截断它；用文件更稳妥。";
    copied: "Copied.", "已复制。";
    not_copied: "The browser did not let the page copy.", "浏览器不允许复制。";
    seeds: "The same text with 200 seeds", "同一文本，200 个种子";
    seeds_short: "200 seeds", "200 个种子";
    seeds_intro: "What chance alone can change: each point is a run; a click opens it.", "仅凭随机能改变什么：每个点是一次运行，点击即可打开。";
    cancel: "Cancel", "取消";
    fact_ready: "Ready after", "就绪用时";
    fact_unready: "Not ready later, in all", "此后未就绪总时长";
    fact_restarts: "Restarts", "重启次数";
    fact_pods: "Pods", "Pod 数";
    fact_failed: "Failed pods", "失败的 Pod";
    never: "never", "从未";
    compare_short: "Compare", "比较";
    compare_on: "Compare with this run from now on", "从现在起与当前运行比较";
    compare_off: "Compare no longer", "不再比较";
    running: "running …", "运行中……";
    say_behavior: "Say what it does", "说明它做什么";
    beside: "Both runs in full, one above the other", "两次运行上下完整并列";
    compare_a: "before", "之前";
    compare_b: "now", "现在";
    compare_hint: "Keep the present run, then change the manifest, the seed, or what happens: the kept one stays as thin bars below each lane, and the first difference is marked.",
        "保留当前运行，然后修改清单、种子或事件：被保留的运行会以细条显示在每条泳道下方，并标出最早的分歧。";
    compare_legend: "The thin bars below the lanes are the earlier run, from the first difference on.", "泳道下方的细条是之前的运行，从最早的分歧开始。";
    what_would_change: "What would have changed it", "怎样才会不同";
    idle: "nothing in this simulation acts on it, so it stays as it was written", "模拟中没有控制器处理它，因此它保持原样";
    tab_requests: "Requests", "请求";
    no_requests: "No client has sent a request yet. A Scenario's `traffic` sends some to a Service.",
        "还没有客户端发出请求。Scenario 的 `traffic` 可向 Service 发送请求。";
    tab_table: "Table", "表格";
    tab_compare: "Compare", "比较";
    col_time: "Time", "时间";
    col_who: "Who", "谁";
    col_object: "What about", "对象";
    col_what: "What happened", "发生了什么";
    prompt: "kubectl command", "kubectl 命令";
    prompt_hint: "get pods -o wide", "get pods -o wide";
    fold: "Fold quiet times, or show time evenly", "折叠安静时段，或均匀显示时间";
    fit: "Show everything", "显示全部";
    redo: "Do it again after all", "重做";
    example: "Example", "示例";
    fact_lost: "Lost requests", "丢失的请求";
    seconds: " s", " 秒";
    least: "min", "最小";
    median: "median", "中位";
    most: "max", "最大";
    at: "At", "时刻";
    open_in: "Open this run in lifepod", "在 lifepod 中打开这次运行";
    issue_shows: "What lifepod shows", "lifepod 显示的内容";
    issue_real: "What a real cluster does", "真实集群的行为";
    issue_ask: "Kubernetes version, and what you see there", "Kubernetes 版本，以及你看到的现象";
    issue_where: "Where to look", "关注的位置";
    not_fetched: "This could not be fetched. Are you offline?", "无法获取。是否已断网？";
    lost_link: "This link is broken or cut short: here is your own text instead.", "链接已损坏或被截断，这里显示的是你自己的文本。";
    undo: "Take back the last change", "撤销上次修改";
    default: "(default)", "（默认）";
    editor_width: "Width of the editor", "编辑器的宽度";
    inspector_height: "Height of the panel below", "下方面板的高度";
    colon: ": ", "：";
    close: "Close", "关闭";
}
