"""Stop words that tantivy lacks: all of some languages, and the words of questions of others."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType


def _lists(**texts: str) -> Mapping[str, tuple[str, ...]]:
    return MappingProxyType({code: tuple(text.split()) for code, text in texts.items()})


# Without them "who said so" would keep three terms that stand in every other article, and nothing
# would tell a short question in Ukrainian from one in Russian.
STOP_WORDS = _lists(
    cs="""
        a aby ale ani asi až bez bude budou byl byla byli bylo být co což či další do dokud ho i
        její jeho jejich jak jaká jaké jaký je jednou jemu jen ještě ji jsem jsi jsme jsou jste k ke
        kam kde kdo kdy kolik která které který kteří ku má mají mezi mi mně mnou moje můj může my
        na nad nám náš ne nebo něco není než nic o od on ona oni ono pak po pod podle pokud pro proč
        proto protože před přes při s se si sice svůj ta tak také tam ten tento to toho tom tomu tu
        ty u už v vám vás ve však všechno vy z za že
    """,
    da="hvad hvem hvor hvordan hvorfor hvornår hvilken hvilket hvilke hvis findes fortæl mange",
    de="""
        wann warum was weshalb wieso wie wieviel wieviele wer wen wem wessen wo wofür woher wohin
        womit wodurch worüber welche welcher welches welchem welchen gibt gab geschah heißt heisst
        bedeutet bitte erzähl sag viel viele wurde wurden worden
    """,
    en="""
        what when where which who whom whose why how did do does has have had were from about can
        could would should you me tell please i my your we he she his her him its been being than so
        any some many much us
    """,
    es="""
        qué quién quiénes quien cuál cuáles cuándo cuanto cuánto cuánta cuántos cuántas dónde adónde
        cómo significa por para hay es son fue fueron
    """,
    fi="""
        mikä mitä missä mistä mihin milloin miksi miten kuka ketkä kenen ketä kuinka moni monta onko
        oliko
    """,
    fr="""
        qui que quoi quel quelle quels quelles quand où comment pourquoi combien est ce lequel
        laquelle lesquels lesquelles dont signifie y a t il elle ils elles était étaient
    """,
    hu="mi mit ki kik hol hova honnan mikor miért hogyan hány mennyi melyik milyen van volt",
    it="""
        che chi cosa cos quale quali qual quando dove dov perché come com quanto quanta quanti
        quante è era erano stato stata
    """,
    nl="""
        wat wie wanneer waar waarom waarheen waarvandaan hoe hoeveel welk welke wiens is zijn was
        waren werd werden wordt
    """,
    no="hva hvem hvor hvordan hvorfor når hvilken hvilket hvilke finnes fortell mange",
    pl="""
        a aby ale albo ani bardzo bez bo był była było były być ci co czego czemu czy dla dlaczego
        do gdy gdzie i ich ile im inne ja jak jaka jaki jakie jako je jego jej jest jestem już kiedy
        kim kogo komu kto która które którego której który którzy ma mają mi mnie może my na nad nam
        nas nie niż o od on ona oni oraz po pod ponieważ przed przez przy są się skąd sobie swoje ta
        tak także tam te tego tej ten to tu tych tym w was we wy z za ze że
    """,
    pt="""
        significa sobre que quê quem qual quais quando onde aonde como porque porquê quanto quanta
        quantos quantas é são foi foram há era eram
    """,
    ro="""
        a acea această acest acesta ai al ale am ar are as au ca că câți câte când care ce cea cel
        cele cine cu cui cum da dar de din după e ea ei el ele era este eu fi fost i în își iar îi
        îl îmi la le lor lui mai ne ni nu o pe pentru prin s sa sau se si sunt său și te tu un una
        unde unei unor unui va
    """,
    ru="""
        кто кого кому кем ком что чего чему чем когда где куда откуда как какой какая какое какие
        каких каким какую каком почему зачем отчего сколько чей чья чьё чье чьи который которая
        которое которые которых которого которой которую ли же это был была было были есть значит
        означает расскажи скажи пожалуйста
    """,
    sv="vad vem vems var vart varifrån när hur varför vilken vilket vilka finns berätta många",
    tr="""
        acaba ama ancak bana bazı ben bir biri biz bu buna bunu çok çünkü da daha de değil diye en
        gibi hangi hangisi hem hep her hiç için ile ise kaç kadar ki kim kime kimi kimin mi mı mu mü
        nasıl ne neden nedir nerede nereden nereye nerde o olan olarak oldu olduğu olup on ona onlar
        onu onun şey şu tüm ve veya ya yani zaman
    """,
    uk="""
        а аби або адже але б без би більш бо був була були було буде будуть бути в вам вами вас ваш
        ваша ваше ваші вже ви від він вона вони воно все всі всіх всього вся втім де для до дуже є ж
        за завжди з зі із звідки й його йому же коли котра котре котрий кого ким кому куди кількох
        лише між мені мене ми мій моє моя мої мною може можна на над нам нами нас наш наша наше наші
        не навіщо ні ним них ніж но ну о об один одна про при під після по поки чи та так така таке
        такий такі також там твій твоя те теж тепер ти тим тих то тобі тоді того той том тому ту тут
        у усе усі хіба хто це цей цим цих ці цього цьому цю ця чий чия чиє чиї чого чому чим через
        ще що щоб щодо я як яка яке який які яких яким яку якого якої якій якому якщо значить
        означає скільки скажи розкажи будь ласка її їй їм їх і
    """,
)
"""By ISO 639-1 code; lower case. Beside tantivy's own list, where it has one."""
