"""Texts of invented people for the reading of prose: other words and grammar than the invented city's, dialect and
telegraphic style with them. All names, phones and firms are made up."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Told:
    """A text and what it tells; None where it tells nothing of the kind."""

    text: str
    role: str
    claimant: str | None = None
    principal: str | None = None
    foreman: str | None = None
    name: str | None = "某"
    """The field claimant_name of the row; '某' stands for any name, None for an empty field."""


TEXTS = (
    # the own wages
    Told(
        "您好！我名叫柳长贵，甘肃静宁人，去年三月起在贺兰一处安置房砌墙，到腊月还有八千没结，望帮忙。",
        "claimant",
        "柳长贵",
    ),
    Told("领导好，本人马尔萨，回族，在开发区厂子里看锅炉，厂里压了我三个月工资。", "claimant", "马尔萨"),
    Told("工资压了半年，妻子生病住院等着用钱，孩子又要开学，厂里一分不给。", "claimant"),
    Told(
        "我经老乡介绍到工地扎钢筋，干满四个月，工头老杨说等甲方拨款，至今没影。", "claimant", foreman="老杨"
    ),
    Told("和朋友一起去的工地，朋友结清了，我的六千八拖到现在，打电话就挂。", "claimant"),
    Told("俺家里人都指望这点钱过年，老板马玉林躲着不见人，俺的工钱一万二。", "claimant", foreman="马玉林"),
    Told("请求法律援助，公司拖欠我加班费及工资合计两万三千元，已仲裁胜诉仍未执行。", "claimant"),
    Told("申请人：白建忠，男，1975年生。被申请人拖欠申请人劳动报酬，请求责令支付。", "claimant", "白建忠"),
    Told("公司委托第三方代发工资，卡里一直没到账，我三月离职，欠我两个月。", "claimant"),
    Told("姓名：苏晓燕。问题：商场保洁，押一个月工资不退，辞职时说好十五号打卡。", "claimant", "苏晓燕"),
    Told("来电人称自己在某洗浴中心做收银，离职后押金和工资共3400元未退，店长姓何，电话关机。", "claimant"),
    Told("达子，尕娃给人装车，娘老子等着买药，我的五千块血汗钱掌柜的赖着不给。", "claimant"),
    Told("干完活，包活的李二牛跑了，欠我瓦工工资9600元。", "claimant", foreman="李二牛"),
    Told("我跟着一个叫丁学海的包工头在同心修路，三个月一分没领。", "claimant", foreman="丁学海"),
    Told("现场负责人系周某某，多次承诺月底支付，均未兑现，欠本人工资7800元。", "claimant", foreman="周某某"),
    Told("由工头海生龙叫去打混凝土，说好一天二百六，十九天，一分未见。", "claimant", foreman="海生龙"),
    Told("老板和我是老乡，碍于面子没签合同，现在翻脸不认，欠我四千二。", "claimant"),
    Told("诉求人李向前，家属已多次陪同到劳动局，仍未拿到2022年冬季供暖工资。", "claimant", "李向前"),
    Told("欠薪单位拖欠杨玉芬2022年11月工资2150元，经催要无果。", "claimant", "杨玉芬"),
    Told("我和我老婆在食堂帮厨，老婆的已经给了，我的三千五没给。", "claimant"),
    Told("我妻子没有工作，我在外打工养家，公司欠我工资一万八。", "claimant"),
    Told("母亲在医院等着做手术，请催一催，我的工程款里含人工费两万。", "claimant"),
    Told("我儿子在上大学，学费全靠我这点工资，饭店老板却说没钱。", "claimant"),
    Told("我师傅介绍的活，完工后负责人沙伟平不接电话，工资六千。", "claimant", foreman="沙伟平"),
    Told("和同乡马军一起给李总装窗户，活干完了，李总不给钱，差我两千七。", "claimant", foreman="李总"),
    Told("本人系永宁某小区保安，班长拖着不报考勤，少发我四百元。", "claimant"),
    Told("拉沙子的，趟趟有票，票都在，钱没见着，9千6。", "claimant"),
    Told("市民来电：自己去年在烧烤店帮工，离职两个月工资3100元未付。", "claimant"),
    Told("投诉者杨浩，诉某物业公司未足额支付2023年春节加班费。", "claimant", "杨浩"),
    Told("老板说公司委托会计发钱，会计又推给老板，两千块要了半年。", "claimant"),
    # another's wages
    Told("我父亲在渠上打混凝土，六十多岁的人了，年底一分没拿到，他不会用手机，我替他填的。", "agent"),
    Told("我爱人冯桂芳在金凤区一家托老所做护工，三个月没领到钱。", "agent", principal="冯桂芳"),
    Told(
        "来电人为其舅父纳国仁咨询：纳国仁给人放羊一年，主家说羊没卖掉，工钱拖着。",
        "agent",
        principal="纳国仁",
    ),
    Told("我是李长顺的女儿，我爸在工地摔伤后老板把工资也扣了，共一万一。", "agent", principal="李长顺"),
    Told("田淑琴系我母亲，在贵公司食堂做饭，今年四月起未领工资。", "agent", principal="田淑琴"),
    Told("受朋友马志远所托，反映其在物流园装卸货物，报酬四千六百元没有着落。", "agent", principal="马志远"),
    Told("委托人：陶万春。代理律师来函要求督促某建筑公司支付劳动报酬三万元。", "agent", principal="陶万春"),
    Told("法律援助中心工作人员代农民工程有才登记，欠薪一万九千元。", "agent", principal="程有才"),
    Told("帮我老公问一下，他在高速路服务区刷墙，工钱两个月了没给，找哪个部门？", "agent"),
    Told(
        "俺弟弟孟小军年前在工地绑扎，干了四十天，老板王老虎不认账。",
        "agent",
        principal="孟小军",
        foreman="王老虎",
    ),
    Told(
        "其子（石磊）于去年八月受雇开铲车，被拖欠运费工资8300元，老人不识字，由社区代为反映。",
        "agent",
        principal="石磊",
    ),
    Told("我婆姨在红寺堡摘枸杞，一斤一块二，摘了两千多斤，老板一分没给。", "agent"),
    Told("替同村的马老五讨个说法：他给砖厂拉坯，厂子倒了，欠七千。", "agent"),
    Told("我哥周大海在西夏区修管网，欠薪五千，他本人在外地，由我来反映。", "agent", principal="周大海"),
    Told("我表妹沙小燕，在美容院当学徒，没签合同，工资一千八不给。", "agent", principal="沙小燕"),
    Told("儿媳妇在幼儿园当保育员，园长跑了，两个月工资没着落，我是她婆婆。", "agent"),
    Told("替我家老汉问个事，他在林场看护树苗，半年没见工钱。", "agent"),
    Told("求助人的外甥女罗丹去年暑假在奶茶店打工，店家扣了她一千元。", "agent", principal="罗丹"),
    Told("我是受害人马国良的律师，现就其被拖欠的劳务费四万元提出投诉。", "agent", principal="马国良"),
    # several people's wages
    Told("我们一帮人从彭阳来修水渠，大伙的工钱到腊月都没见着。", "representative"),
    Told("本班组十七名木工自六月起未领到工资，推选马建业为代表。", "representative"),
    Told("受害工人23人，合计被欠三十一万，工头宋某失联。", "representative", foreman="宋某"),
    Told("丁学义等九人联名来信，反映某屠宰厂克扣工钱。", "representative", "丁学义"),
    Told("俺们五个老乡给大棚焊架子，老板跑了，一人欠三千多。", "representative"),
    Told("我和另外三位工友的工资被总包扣着不放，一共四万。", "representative"),
    Told("工人代表杨占海：六十余人工资至今未结，业主推总包，总包推劳务。", "representative", "杨占海"),
    Told("保洁班八个女工，十一月工资全没发。", "representative"),
    # reports
    Told("路过某楼盘看见十几个人举着牌子要工钱，请有关部门关注。", "reporter", name=None),
    Told("网民爆料：某火锅店常年拖欠员工薪水，老板还开豪车。", "reporter", name=None),
    Told("知情人举报，某汽修厂克扣学徒工工资，望查处。", "reporter", name=None),
    Told("匿名：开发区那家服装厂又不给女工们发钱了，你们去查。", "reporter", name=None),
)
